#pragma once
// Reads a journal's entries, in order or by position.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <optional>

#include "inferometer/status.h"
#include "os/files.h"
#include "store/journal_folder.h"
#include "store/segment_reader.h"

namespace inferometer::store {

// Goes from segment to segment. One thread at a time, also beside the journal's writer on the same thread, who may
// remove segments between two calls. `calls` must outlive it.
class JournalReader {
 public:
  JournalReader(os::FileCalls& calls, std::filesystem::path folder) : calls_(calls), folder_(std::move(folder)) {}

  // The next call reads what stands there or behind.
  void Seek(Position position);

  struct Found {
    Entry entry;
    StreamId stream = 0;
    Position position;
  };
  // The next entry of `segments`, as far as these may be read; nothing when there is none yet. Checkpoints and seals
  // are left out. What is gone or damaged is passed over and counted: its sequences are missing then. So is a segment
  // or block that fails to be read several times in a row; before that, the answer is "none yet", and trouble() says
  // why. Failures for what the machine lacks or denies (descriptors, memory, the right to read) do not count, however
  // long they last.
  [[nodiscard]] bool Next(const std::deque<SegmentInfo>& segments, Found& found);
  // Why the last Next found nothing: an error that may pass; Ok: it was at the end.
  [[nodiscard]] const Status& trouble() const { return trouble_; }
  // Every entry up to the end. What fails to be read is tried again at once and passed over after several times,
  // whatever it lacked: for a replay, which cannot come back.
  void ReadAll(const std::deque<SegmentInfo>& segments, const std::function<void(const Found& found)>& take);

  // Segments and places that could not be read, since the construction.
  [[nodiscard]] std::uint64_t unreadable() const { return unreadable_ + UnreadableHere(); }

 private:
  enum class Step { kFound, kAtEnd, kTryLater };
  [[nodiscard]] Status Open(const SegmentInfo& segment);
  [[nodiscard]] Step ReadOne(const SegmentInfo& segment, Found& found);
  [[nodiscard]] Step CouldNotOpen(const SegmentInfo& segment, const Status& status);
  [[nodiscard]] bool IsPatientWith(const Status& status);
  void GoTo(const SegmentInfo& segment);
  [[nodiscard]] std::uint64_t UnreadableHere() const;

  os::FileCalls& calls_;
  const std::filesystem::path folder_;
  Position position_{1, kHeaderBytes};  // of what is read next
  std::optional<SegmentReader> reader_;
  std::uint64_t unreadable_ = 0;
  int failures_ = 0;        // in a row, of what is read next, as far as they count
  bool comes_back_ = true;  // who calls Next asks again later
  Status trouble_;
};

// The checkpoint with which a segment begins. kNotFound when it has none that is good.
[[nodiscard]] Result<std::string> ReadCheckpoint(os::FileCalls& calls, const std::filesystem::path& folder,
                                                 const SegmentInfo& segment);

// Fetches single entries by their position; quick when positions rise. One thread at a time; `calls` must outlive it.
class EntryFetcher {
 public:
  EntryFetcher(os::FileCalls& calls, std::filesystem::path folder) : calls_(calls), folder_(std::move(folder)) {}
  // kDataLoss when no good entry stands there.
  [[nodiscard]] Result<Entry> Fetch(Position position);

 private:
  os::FileCalls& calls_;
  const std::filesystem::path folder_;
  std::optional<SegmentReader> reader_;
  std::uint64_t size_ = 0;  // of its file, when it was asked for
};

}  // namespace inferometer::store
