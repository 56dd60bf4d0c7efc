#pragma once
// What a device knows of the fate of its records: how far the hub has them, which are lost, and what the totals lack by
// that. docs/journal-format.md has the file.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"
#include "os/open_file.h"
#include "store/lost_hours.h"
#include "store/segment_format.h"

namespace inferometer::store {

// Written to disk: do not change the values.
enum class LossReason : std::uint32_t {
  kEvicted = 1,    // gave way to the journal's quota before a hub had it
  kNoRoom = 2,     // could not be written for long, and the memory for that was full
  kDamaged = 3,    // could not be read back from the journal
  kRejected = 4,   // the hub will not have it
  kQueueFull = 5,  // came faster than it could be written
};
[[nodiscard]] std::string_view Name(LossReason reason);

// Between `from` and `to` of a stream, both included, `count` records are lost; all of them, unless an older version of
// this program merged reports.
struct Loss {
  std::uint64_t number = 0;  // of the report, from 1; rises from one to the next
  StreamId stream = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
  LossReason reason = LossReason::kEvicted;
  bool is_known = false;  // to the hub that acknowledged; kept for whoever asks why a record is nowhere

  friend bool operator==(const Loss&, const Loss&) = default;
};

struct Acknowledged {
  StreamId stream = 0;
  std::uint64_t upto = 0;

  friend bool operator==(const Acknowledged&, const Acknowledged&) = default;
};

// The plain data, bounded; what is in memory and not yet in the file dies with the process.
class LedgerState {
 public:
  static constexpr std::size_t kMostStreams = 511;
  static constexpr std::size_t kMostLosses = 256;

  std::uint64_t store_id = 0;  // of the hub that acknowledged; 0: none yet
  // Whatever the journal holds before this stream's records is acknowledged or reported lost, and needs no mark of its
  // own: a journal may hold far more streams than there are marks. 0, or a stream that it does not hold: nothing known.
  StreamId acknowledged_before = 0;

  // How far `stream` is acknowledged; 0: not at all.
  [[nodiscard]] std::uint64_t AcknowledgedUpTo(StreamId stream) const;
  // Never goes back. The stream that was put in first gives way where there are too many.
  void Acknowledge(StreamId stream, std::uint64_t upto);
  void ForgetStream(StreamId stream);
  // Nor does the hub know any loss: what another one knew is told under new numbers, so that no answer to what was told
  // before can be taken for one to that.
  void ForgetAcknowledgements();

  // A report of its own, or the continuation of the last one, while no hub knows that. Where there are too many, two of
  // one stream are merged that leave out no record between them; where there are none, the oldest one that the hub
  // knows goes into merged_away(), else the oldest. What a report names already is left out. REQUIRES: from <= to
  void AddLoss(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason);
  // Whether a report names the record.
  [[nodiscard]] bool IsReportedLost(StreamId stream, std::uint64_t sequence) const;
  // What the totals lack by records that are given up, whoever knows of their loss. REQUIRES: AddLoss reports them,
  // too, before the state is encoded.
  void AddLostHours(const LostHours& more) { store::AddLostHours(more, lost_hours_); }
  // The hub has the reports up to this number. False: it was known already.
  bool LossesAreKnown(std::uint64_t upto_number);
  // Takes over what `older` knew, of which this state came to be without knowledge: of another hub, no acknowledgement.
  // Where it has had reports, all get new numbers; what both report counts once. REQUIRES: no acknowledged_before of
  // its own
  void ContinueFrom(const LedgerState& older);

  [[nodiscard]] const std::vector<Acknowledged>& acknowledged() const { return acknowledged_; }
  [[nodiscard]] const std::vector<Loss>& losses() const { return losses_; }
  // Those that the hub does not know.
  [[nodiscard]] std::vector<Loss> LossesToTell() const;
  // Records of reports that had to be given up themselves.
  [[nodiscard]] std::uint64_t merged_away() const { return merged_away_; }
  // All records that were ever reported lost.
  [[nodiscard]] std::uint64_t lost_records() const { return lost_records_; }

  // Since the journal was made; in the order of AddLostHours.
  [[nodiscard]] const std::vector<LostHours>& lost_hours() const { return lost_hours_; }

  // As one slot of the file, and back. kDataLoss for a slot that is not good, whichever part of it.
  [[nodiscard]] std::string Encode(std::uint64_t generation) const;
  struct Decoded;
  [[nodiscard]] static Result<Decoded> Decode(std::string_view slot);

 private:
  // Of from..to, what no report names.
  [[nodiscard]] std::vector<std::pair<std::uint64_t, std::uint64_t>> Unnamed(StreamId stream, std::uint64_t from,
                                                                             std::uint64_t to) const;
  void AddNewLoss(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason);
  void RenumberLossesFrom(std::uint64_t number);
  // From `from` on, the first sequence up to `to` that no report names; `to` + 1: none. `end` is where the next one
  // begins that is named.
  [[nodiscard]] std::uint64_t FirstUnnamed(StreamId stream, std::uint64_t from, std::uint64_t to,
                                           std::uint64_t& end) const;
  void MakeRoomForLoss();
  bool MergeTwoLosses();
  [[nodiscard]] std::string EncodeReports(std::uint64_t generation) const;
  [[nodiscard]] static Result<Decoded> DecodeReports(std::string_view slot);

  std::vector<Acknowledged> acknowledged_;
  std::vector<Loss> losses_;
  std::vector<LostHours> lost_hours_;
  std::uint64_t next_number_ = 1;
  std::uint64_t merged_away_ = 0;
  std::uint64_t lost_records_ = 0;
};

struct LedgerState::Decoded {
  LedgerState state;
  std::uint64_t generation = 0;
};

// The file, written in place: preallocated, so that it can be written on a full disk. One thread at a time; `calls`
// must outlive it.
class Ledger {
 public:
  // Reads the file or makes it. One that is damaged, or cannot be read or made now, is no error: the state is empty
  // then, and Write tries again; what it finds in the file by then is taken over.
  [[nodiscard]] static Ledger Open(os::FileCalls& calls, const std::filesystem::path& path);

  LedgerState& state() { return state_; }
  [[nodiscard]] const LedgerState& state() const { return state_; }
  // Whether the state has what stands in the file.
  [[nodiscard]] bool is_read() const { return file_.has_value(); }
  // Whether there was a file and nothing in it was good.
  [[nodiscard]] bool was_damaged() const { return was_damaged_; }

  // Whether there was no file when one was looked for.
  [[nodiscard]] bool was_missing() const { return was_missing_; }

  // Tries again what Open could not do. Before it succeeds, the state may lack what stands in the file; without it,
  // Write does not succeed either.
  [[nodiscard]] Status Prepare();
  // When it succeeds the state survives a power cut; a crash within leaves the state of the last success.
  [[nodiscard]] Status Write();

  // What stands in the file, for whoever only looks: neither made nor written. kNotFound where there is none, kDataLoss
  // where nothing in it is good.
  [[nodiscard]] static Result<LedgerState> Inspect(os::FileCalls& calls, const std::filesystem::path& path);

 private:
  Ledger(os::FileCalls& calls, std::filesystem::path path) : calls_(&calls), path_(std::move(path)) {}
  [[nodiscard]] Status Create();
  [[nodiscard]] Status Read(const os::OpenFile& file);
  [[nodiscard]] Status MakeDurable();
  [[nodiscard]] Status WriteSlot(std::uint64_t generation, const std::string& slot);

  os::FileCalls* calls_;
  std::filesystem::path path_;
  std::optional<os::OpenFile> file_;  // once it was read, and can be written
  LedgerState state_;
  std::uint64_t generation_ = 0;
  std::string newest_slot_;  // of the file
  bool is_durable_ = false;  // what was read; the file's name, too
  bool was_damaged_ = false;
  bool was_missing_ = false;
};

}  // namespace inferometer::store
