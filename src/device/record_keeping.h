#pragma once
// What a device keeps of its records: the journal, the JSON files made from it, and the ledger of what became of them.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/journal.h"
#include "store/ledger.h"
#include "store/metrics_folder.h"
#include "store/record_files.h"

namespace inferometer::device {

struct KeepingOptions {
  std::filesystem::path folder;  // the device's own; the journal stands in it
  std::string device_id;
  bool portable_names = false;
  // Whether a hub is to have every record: then one that it does not have is given up only as a loss. Where none is,
  // the same goes for a hub of earlier runs.
  bool is_shipping = false;
  store::JournalOptions journal{};  // folder and owner are filled in here
};

// What the past runs left.
struct Recovered {
  std::size_t unsaved = 0;         // records in no file yet
  std::vector<std::string> notes;  // sentences for people: what was set aside, damaged or reset
  // When the journal's last record began, as it says, which may be any time; nothing where none can be read.
  std::optional<WallTime> newest_record;
};

// One thread at a time; the folder is locked by the owner. Everything bounded; no failing disk is an error of Append.
class RecordKeeping final : public store::JournalOwner {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RecordKeeping>> Open(KeepingOptions options, os::FileCalls& calls,
                                                                   const base::Clock& clock);
  RecordKeeping(const RecordKeeping&) = delete;
  RecordKeeping& operator=(const RecordKeeping&) = delete;

  [[nodiscard]] const Recovered& recovered() const { return recovered_; }

  // Of the records of this run, a JSON object. Stands in the journal from its next segment on, so call it before the
  // first Append.
  void SetContext(std::string context) { context_ = std::move(context); }

  // One record as a line of JSON. Sequences rise.
  void Append(std::uint64_t sequence, std::string line);
  // Survives the death of the process; see Journal::Write.
  [[nodiscard]] Status Write() { return journal_->Write(); }
  // Survives a power cut; the ledger, too, where it has changed.
  [[nodiscard]] Status Sync();

  // Makes files of everything unsaved that is durable.
  [[nodiscard]] Result<store::SaveOutcome> Save();
  [[nodiscard]] Status SaveLoading(const store::Context& loading) { return metrics_.SaveLoading(loading); }
  [[nodiscard]] Status Close();
  // After failures, the next attempt to write may come at once.
  void RetryNow() { journal_->RetryNow(); }

  // Records that are lost, whoever found that out. Durable with the next Sync.
  void NoteLost(store::StreamId stream, std::uint64_t from, std::uint64_t to, store::LossReason reason);
  // What the totals lack by records of this run that NoteLost names, too. Durable together with that.
  void NoteLostHours(const store::LostHours& hours) { ledger_->state().AddLostHours(hours); }
  // The hub has everything up to there, or it is lost. Durable with the next Sync.
  void NoteAcknowledged(store::StreamId stream, std::uint64_t upto);
  // Up to which sequence of the segment's stream that holds; of a stream that is wholly done, at least to the segment's
  // last.
  [[nodiscard]] std::uint64_t AcknowledgedUpTo(const store::SegmentInfo& segment) const;
  // The hub that acknowledges is another one, or lost its data: nothing that is held counts as acknowledged.
  void StartOver(std::uint64_t store_id);
  void LossesAreKnown(std::uint64_t upto_number);

  [[nodiscard]] const store::LedgerState& ledger() const { return ledger_->state(); }
  [[nodiscard]] const store::Journal& journal() const { return *journal_; }
  [[nodiscard]] const std::string& device_id() const { return options_.device_id; }
  [[nodiscard]] std::size_t unsaved() const { return files_->unsaved(); }
  // Records of no file, and not lost, that the journal let go in this run: the hub has them, and there was no room.
  [[nodiscard]] std::uint64_t only_at_hub() const { return only_at_hub_; }
  // Records that the journal let go in this run, without a broker, and that a hub of earlier runs does not have: lost
  // to that one, and reported so, but in files here.
  [[nodiscard]] std::uint64_t only_in_files() const { return only_in_files_; }
  // All others that were reported lost in this run.
  [[nodiscard]] std::uint64_t lost_in_this_run() const { return lost_records() - lost_before_ - only_in_files_; }
  // Of this run: every record up to there survives power cuts.
  [[nodiscard]] std::uint64_t durable_upto() const { return durable_upto_; }
  // Whether Sync has something to do apart from new records: a failed write to try again, a ledger that has changed.
  [[nodiscard]] bool IsSyncDue() const;
  // Records in the journal that are not acknowledged.
  [[nodiscard]] std::uint64_t lag() const;
  // Of every loss since the journal was made, and how often reports changed.
  [[nodiscard]] std::uint64_t lost_records() const { return ledger().lost_records(); }
  [[nodiscard]] std::uint64_t loss_changes() const { return loss_changes_; }
  struct LostRange {
    store::StreamId stream;
    std::uint64_t from;
    std::uint64_t to;
  };
  // What the journal itself gave up since the last call, for whoever would still send it.
  [[nodiscard]] std::vector<LostRange> TakeNewLosses() { return std::exchange(new_losses_, {}); }

  // As store::JournalOwner.
  [[nodiscard]] std::string Checkpoint() override;
  [[nodiscard]] bool IsDone(const store::SegmentInfo& segment) override;
  [[nodiscard]] Status GiveUp(const store::SegmentInfo& segment) override;
  void OnDurable(store::EntryType type, std::uint64_t sequence, store::Position position, std::string payload) override;
  void OnDropped(std::uint64_t sequence, std::string_view payload) override;

 private:
  RecordKeeping(KeepingOptions options, os::FileCalls& calls, const base::Clock& clock);
  [[nodiscard]] Status Prepare();
  [[nodiscard]] Status PrepareLedger();
  [[nodiscard]] Status WriteLedger();
  [[nodiscard]] bool IsInFiles(const store::SegmentInfo& segment) const;
  [[nodiscard]] bool IsOwedToAHub();
  [[nodiscard]] store::SegmentInfo ReadNow(const store::SegmentInfo& segment);
  void LoseRest(const store::SegmentInfo& segment);
  std::uint64_t LoseFrom(std::uint64_t from, const store::SegmentInfo& segment);
  [[nodiscard]] std::uint64_t RollUp(std::uint64_t from, const store::SegmentInfo& segment);
  void Replay();
  [[nodiscard]] std::uint64_t ReplayFrom() const;
  [[nodiscard]] std::string ContextOf(store::StreamId stream);
  void FindAcknowledged();
  void AcknowledgeWhatIsGone();
  void PassAcknowledged();
  void ForgetGoneStreams();

  const KeepingOptions options_;
  os::FileCalls& calls_;
  const base::Clock& clock_;
  store::MetricsFolder metrics_;
  std::optional<store::Ledger> ledger_;  // there once it is prepared
  bool ledger_changed_ = false;
  std::chrono::nanoseconds ledger_tried_{0};
  std::uint64_t acknowledged_segment_ = 0;  // the last one before the ledger's acknowledged_before
  std::uint64_t durable_upto_ = 0;
  std::vector<LostRange> new_losses_;
  std::uint64_t loss_changes_ = 0;
  std::uint64_t only_at_hub_ = 0;
  bool is_replay_whole_ = true;  // else there may be records that are in no file, and unknown
  std::uint64_t only_in_files_ = 0;
  std::uint64_t lost_before_ = 0;
  std::string context_ = "{}";
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::RecordFiles> files_;
  Recovered recovered_;
};

}  // namespace inferometer::device
