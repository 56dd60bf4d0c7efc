#pragma once
// Reading the metrics files that come next while the records of one are used.

#include <condition_variable>
#include <cstddef>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "analyze/directory.h"
#include "analyze/record_file.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// Lives until the next one.
struct LoadedFile {
  const std::filesystem::path& path;
  RecordFile& records;
  const Status& status;  // of RecordFile::Load
};

// Gives files in their order; other threads load them, a few ahead. A file that is too large to be held several times
// (RecordFile::kMostKeptBytes) is loaded when it is asked for. Ends its threads when it goes, whether all files were
// asked for or not. Next is for one thread.
class FilesAhead {
 public:
  // `files` must outlive it. No `threads`: as many as there are processors, and none for a handful of files.
  explicit FilesAhead(std::span<const FoundFile> files, std::optional<unsigned> threads = std::nullopt);
  ~FilesAhead();
  FilesAhead(const FilesAhead&) = delete;
  FilesAhead& operator=(const FilesAhead&) = delete;

  // REQUIRES: there is one that was not given.
  [[nodiscard]] LoadedFile Next();

 private:
  struct Place {
    RecordFile records;
    Status status;
    bool is_loaded = false;
  };
  void Work();
  [[nodiscard]] Place& PlaceOf(std::size_t file) { return *places_[file % places_.size()]; }

  std::span<const FoundFile> files_;
  std::vector<std::unique_ptr<Place>> places_;  // a file has the place of its number, turn by turn
  std::size_t given_ = 0;
  std::mutex mutex_;  // for all below, and is_loaded
  std::condition_variable has_room_;
  std::condition_variable has_loaded_;
  std::size_t next_ = 0;  // to be loaded
  std::size_t done_ = 0;  // whose places are free
  bool is_over_ = false;
  std::vector<std::jthread> threads_;
};

}  // namespace inferometer::analyze
