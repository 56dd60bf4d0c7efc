#pragma once
// The index of a metrics directory: what was read of each file, so that a file is not parsed again while it is the
// same, and the last answer. A hidden file in the directory, which may be deleted at any time: it only saves time.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/directory.h"
#include "os/file_identity.h"
#include "os/files.h"

namespace inferometer::analyze {

inline constexpr std::string_view kIndexFile = ".analysis-index";

// What decides an analysis.
struct AnalyzedFiles {
  const std::vector<FoundFile>& metrics;      // each has an entry of its own
  std::vector<std::filesystem::path> others;  // which only the answer depends on
  std::string circumstances;                  // whatever else it depends on
};

// The index through one analysis. What is kept of a file counts only while the file's size, times and inode are what
// they were when it was read, and while the index was made by the same program; it is not kept of a file that changed
// so shortly before that another change might not show. A torn or damaged index is one that has nothing. It needs room
// of a thirtieth of the files, or a fifteenth, and is written anew, whole, when an analysis had to read something.
class ReadingIndex {
 public:
  // `maker` names the program that reads the files, so that another one's readings are not taken for its own. All must
  // outlive it. Where no index can be written, or the files have less than `least_bytes`, what is read is not kept.
  ReadingIndex(os::FileCalls& calls, const std::filesystem::path& root, std::string_view maker,
               const AnalyzedFiles& files, std::uint64_t least_bytes);
  ~ReadingIndex();
  ReadingIndex(const ReadingIndex&) = delete;
  ReadingIndex& operator=(const ReadingIndex&) = delete;

  // The answer, where nothing changed since it was kept.
  [[nodiscard]] std::optional<Analysis> Answer();

  // From here on what is given to Keep goes into a new index, in which all files are to be.
  void Begin();
  // Replaces `entry` by what is kept of the metrics file number `file`. False: it is to be read. Safe from any thread.
  [[nodiscard]] bool Find(std::size_t file, std::string& entry) const;
  // The file's size when it was looked at. REQUIRES: Find found it. Safe from any thread.
  [[nodiscard]] std::uint64_t BytesOf(std::size_t file) const { return identities_[file]->bytes; }
  // Whether Keep wants what was read of it. Safe from any thread.
  [[nodiscard]] bool Wants(std::size_t file) const;
  // One thread at a time.
  void Keep(std::size_t file, std::string_view entry);
  // The answer to all of it. Ends the new index, and puts it in the place of the old one.
  void Finish(const Analysis& analysis);

 private:
  struct Old;
  struct New;

  [[nodiscard]] bool IsSettled(const std::optional<os::FileIdentity>& identity) const;
  [[nodiscard]] std::string NameOf(std::size_t file) const;

  os::FileCalls& calls_;
  const std::filesystem::path& root_;
  const AnalyzedFiles& files_;
  std::vector<std::optional<os::FileIdentity>> identities_;  // of the metrics files
  std::vector<std::optional<os::FileIdentity>> other_identities_;
  std::string maker_;
  std::string state_;  // of all files
  bool is_worth_it_ = false;
  std::unique_ptr<Old> old_;
  std::unique_ptr<New> new_;
};

}  // namespace inferometer::analyze
