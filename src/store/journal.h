#pragma once
// The journal: what was measured or received, durable before anything else is done with it. docs/journal-format.md is
// the format and the order of the writes.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "os/open_file.h"
#include "store/journal_folder.h"
#include "store/segment_format.h"

namespace inferometer::store {

struct JournalOptions {
  std::filesystem::path folder{};  // made where it is not there
  std::string owner{};             // the device's id, or "hub"; at most kLongestOwner bytes
  StreamId stream = 0;             // new for every run
  std::array<unsigned char, 16> boot_id{};
  bool may_begin_anew = true;  // where the folder cannot be listed: it is renamed quarantine-N beside itself

  std::uint64_t segment_bytes = std::uint64_t{4} << 20U;
  // A program that is started every minute begins as many: beyond, those that are done go, whatever room there is. A
  // start reads the head of each, and a hub knows so many streams of a device.
  std::size_t most_done_segments = 4096;
  std::uint64_t most_bytes = 0;  // of all segments; 0: a tenth of the file system, at most 4 GiB
  // What is left to others of the file system; nothing: 15 %, at most 4 GiB.
  std::optional<std::uint64_t> keep_free_bytes{};
  std::uint64_t keep_free_inodes = 1000;
  std::uint64_t ballast_bytes = std::uint64_t{1} << 20U;
  // Of entries that cannot be written; beyond, the oldest of them gives way.
  std::size_t most_pending_bytes = std::size_t{16} << 20U;
  // After a failure the next attempt comes no sooner, doubling up to the second.
  std::chrono::milliseconds retry_first{1'000};
  std::chrono::milliseconds retry_most{60'000};
};

// What a journal asks of and tells its owner, always within a call of the owner. None may call the journal.
class JournalOwner {
 public:
  virtual ~JournalOwner() = default;
  // The state with which a segment begins, so that older ones need not be read.
  [[nodiscard]] virtual std::string Checkpoint() = 0;
  // Whether nobody needs the segment any more: it may go when room is wanted, or files are too many.
  [[nodiscard]] virtual bool IsDone(const SegmentInfo& segment) = 0;
  // The segment must go though it is needed. Notes the loss durably; an error keeps the segment.
  [[nodiscard]] virtual Status GiveUp(const SegmentInfo& segment) = 0;
  // The entry is durable, and stands there from now on. `payload` is what was appended: its memory may serve the next.
  virtual void OnDurable(EntryType type, std::uint64_t sequence, Position position, std::string payload) = 0;
  // The numbered entry could not be written for so long that it was dropped, or is larger than any entry may be. What
  // it held is there for the last time.
  virtual void OnDropped(std::uint64_t sequence, std::string_view payload) = 0;

 protected:
  JournalOwner() = default;
  JournalOwner(const JournalOwner&) = default;
  JournalOwner& operator=(const JournalOwner&) = default;
};

struct JournalHealth {
  bool is_failing = false;  // the last attempt to write failed; entries are kept in memory
  std::string last_error;   // kept when things are well again
  std::uint64_t failures = 0;
  std::uint64_t given_up = 0;  // segments that gave way though they were needed
  bool has_ballast = false;
};

// One writer per folder: the owner holds a lock. One thread at a time. No failing file, and no full disk, is ever an
// error of Append: what cannot be written is kept in memory and tried again.
//
// What survives: an entry for which OnDurable came survives power cuts. One for which Write returned Ok survives the
// death of the process, unless a later write or sync fails before it is durable. `calls`, `clock` and `owner` must
// outlive the journal.
class Journal {
 public:
  // Makes the folder and surveys it; writes no segment yet. With may_begin_anew an error only when no folder can be
  // made at all, or when descriptors or memory are short (kResourceExhausted, kUnavailable): the same call may succeed
  // later.
  [[nodiscard]] static Result<std::unique_ptr<Journal>> Open(JournalOptions options, os::FileCalls& calls,
                                                             const base::Clock& clock, JournalOwner& owner);
  ~Journal();  // without Close, as in a crash
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // What the survey at Open found.
  [[nodiscard]] const FolderSurvey& survey() const { return survey_; }
  // Moves away what is foreign of that, once nobody needs to find it again.
  [[nodiscard]] Status SetAside() { return store::SetAside(calls_, options_.folder, survey_); }

  // Takes an entry, to be written by Write. `sequence` of a numbered entry: above the one before; of others ignored.
  // One that is larger than LargestPayload is dropped at once.
  void Append(EntryType type, std::uint64_t sequence, std::string payload);
  // Writes what is pending. On failure it stays pending; the next attempt comes when it is due.
  [[nodiscard]] Status Write();
  // Writes, and makes everything durable that is pending. Errors as of Write. With nothing pending after a failure,
  // looks whether things are well again.
  [[nodiscard]] Status Sync();
  // Forgets what is pending, but for notes of files that are saved. Its sequences are never used again.
  void DiscardPending();
  // Syncs, due or not, and seals the segment, so that the next start need not read it through.
  [[nodiscard]] Status Close();

  // Where what is durable ends.
  [[nodiscard]] Position durable_end() const;
  // In order; the last one is open.
  [[nodiscard]] const std::deque<SegmentInfo>& segments() const { return segments_; }
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // The next attempt after a failure may come at once: it is the last chance, or somebody has made room.
  void RetryNow() { retry_at_.reset(); }
  // When Write should be called again after a failure; nothing while all is well.
  [[nodiscard]] std::optional<std::chrono::nanoseconds> retry_at() const { return retry_at_; }
  [[nodiscard]] const JournalHealth& health() const { return health_; }
  [[nodiscard]] StreamId stream() const { return options_.stream; }
  [[nodiscard]] const std::filesystem::path& folder() const { return options_.folder; }

 private:
  struct Pending {
    EntryType type;
    std::uint64_t sequence;
    std::string payload;
    Position position{};  // where it was written
  };

  Journal(JournalOptions options, os::FileCalls& calls, const base::Clock& clock, JournalOwner& owner)
      : options_(std::move(options)), calls_(calls), clock_(clock), owner_(owner) {}
  [[nodiscard]] Status Prepare();
  void SetBounds();
  void SetAsideFolder();

  [[nodiscard]] Status TryTwice(Status (Journal::*attempt)());
  [[nodiscard]] Status WritePending();
  [[nodiscard]] Status SyncPending();
  [[nodiscard]] Status WriteBatch();
  [[nodiscard]] Status SyncFile();
  void NoteDurable();
  [[nodiscard]] Status Seal();
  void Abandon();
  void NoteFailure(const Status& status);
  [[nodiscard]] bool DropOldestPending();

  // Why a segment has to go.
  enum class Want { kNothing, kQuota, kOthersRoom, kOthersInodes, kFewerFiles, kFull };
  [[nodiscard]] Status BeginSegment();
  [[nodiscard]] Status CreateNext();
  [[nodiscard]] Status CreateSegment(std::uint64_t number);
  [[nodiscard]] Status WriteFirst(os::OpenFile& file, const std::string& bytes);
  [[nodiscard]] Status SyncNames();
  [[nodiscard]] std::string FirstBytes(std::uint64_t number);
  [[nodiscard]] Want WantsRoom();
  [[nodiscard]] bool IsFull();
  [[nodiscard]] bool FreeOne(Want want);
  [[nodiscard]] bool RemoveFirst();
  [[nodiscard]] bool RemoveBallast();
  void KeepBallast(const os::Room& room);

  JournalOptions options_;
  os::FileCalls& calls_;
  const base::Clock& clock_;
  JournalOwner& owner_;
  FolderSurvey survey_;

  std::deque<SegmentInfo> segments_;
  std::uint64_t bytes_ = 0;  // of all segments, as far as they are durable
  std::uint64_t next_segment_ = 1;
  std::uint64_t last_sequence_ = 0;
  std::uint64_t last_durable_sequence_ = 0;
  StreamId previous_stream_ = 0;
  std::uint64_t previous_last_sequence_ = 0;
  bool is_folder_durable_ = false;  // its name in the folder above
  bool are_names_synced_ = false;   // those of removed segments
  std::uint64_t given_up_ = 0;      // the segment that was given up and could not be removed
  bool lacks_room_ = false;         // a write or sync of the last attempt failed for want of room
  int rounds_without_room_ = 0;     // in a row

  std::optional<os::OpenFile> file_;  // the segment at the back of segments_
  std::uint64_t first_end_ = 0;       // of its checkpoint
  std::uint64_t written_end_ = 0;     // of what is written of it
  std::uint64_t entries_ = 0;         // in it
  std::string batch_;                 // what is written next; empty between calls

  std::deque<Pending> pending_;  // not durable yet; the first written_ of them are written
  std::size_t written_ = 0;
  std::size_t pending_bytes_ = 0;

  std::optional<std::chrono::nanoseconds> retry_at_;
  std::chrono::milliseconds retry_after_{0};
  JournalHealth health_;
};

}  // namespace inferometer::store
