#include "analyze/journal_knowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "record/json_read.h"
#include "store/ledger.h"
#include "store/record_files.h"

namespace inferometer::analyze {
namespace {

using store::EntryType;
using Found = store::JournalReader::Found;

// A device's journal holds its own records and notes of files.
class DeviceJournal {
 public:
  DeviceJournal(const std::filesystem::path& folder, const std::string& owner, Verification& verification)
      : folder_(folder), owner_(owner), verification_(verification) {}

  void Take(const Found& found) {
    const Status good = TakeEntry(found);
    if (!good.ok()) AddBadEntry(folder_, found, good.message(), verification_);
  }

  void TakeLedger(const store::LedgerState& state) {
    if (owner_.empty()) return NoteLedgerWithoutOwner(state);
    // Without a hub they say only what was saved; where reports had to go, what these named may be lost.
    const bool marks_tell = state.store_id != 0 && state.merged_away() == 0;
    for (const store::Acknowledged& one : state.acknowledged()) {
      StreamKnowledge& known = gatherer_.Of({owner_, one.stream});
      known.last = std::min(one.upto, base::kLargestSequence);
      known.handled = known.last;
      if (marks_tell) known.acknowledged = known.last;
    }
    TakeWhatIsBefore(state.acknowledged_before, marks_tell);
    debt_ = state.store_id == 0 ? Debt::kNobody : Debt::kHub;
    for (const store::Loss& one : state.losses()) {
      const SequenceRange range{std::max<std::uint64_t>(one.from, 1), std::min(one.to, base::kLargestSequence)};
      if (range.from > range.to) continue;
      gatherer_.Of({owner_, one.stream}).lost.push_back(range);
      verification_.AddLoss({{owner_, one.stream}, range, one.count, std::string(store::Name(one.reason))});
    }
    if (state.merged_away() == 0) return;
    verification_.Note(fmt::format("{}: it had no room for the reports of {} lost records; what is nowhere may be they",
                                   (folder_ / "ledger").string(), state.merged_away()));
  }

  [[nodiscard]] std::size_t unsaved() const { return gatherer_.unsaved(); }
  [[nodiscard]] Debt debt() const { return debt_; }
  [[nodiscard]] std::map<StreamName, StreamKnowledge> Finish() { return gatherer_.Finish(); }

 private:
  // The streams before that one have no marks: all of them is handled.
  void TakeWhatIsBefore(store::StreamId stream, bool hub_has_them) {
    if (std::find(streams_.begin(), streams_.end(), stream) == streams_.end()) return;
    for (const store::StreamId one : streams_) {
      if (one == stream) return;
      StreamKnowledge& known = gatherer_.Of({owner_, one});
      known.handled = std::max(known.handled, HighestOf(Normalised(known.in_journal)));
      if (hub_has_them) known.acknowledged = std::max(known.acknowledged, known.handled);
    }
  }

  // It names streams, and no device.
  void NoteLedgerWithoutOwner(const store::LedgerState& state) {
    if (state.losses().empty()) return;
    verification_.Note(fmt::format("{}: holds {} reports of losses, but no segment tells of which device",
                                   (folder_ / "ledger").string(), state.losses().size()));
  }

  Status TakeEntry(const Found& found) {
    if (found.entry.type == EntryType::kSaving) return store::DecodePlans(found.entry.payload).status();
    if (found.entry.type == EntryType::kSaved) return gatherer_.TakeSaved(found.entry.payload);
    if (found.entry.type == EntryType::kRecord) return TakeRecord(found);
    return Ok();
  }

  // One that cannot be parsed stands in the journal all the same: it is named once.
  Status TakeRecord(const Found& found) {
    const std::uint64_t sequence = found.entry.sequence;
    if (sequence == 0 || sequence > base::kLargestSequence) return {Code::kDataLoss, "a sequence that cannot be"};
    if (streams_.empty() || streams_.back() != found.stream) streams_.push_back(found.stream);
    gatherer_.TakeRecord({owner_, found.stream}, sequence, found);
    ASSIGN_OR_RETURN(const InferenceRecord record, record::ParseRecord(found.entry.payload));
    const std::string id = base::RecordIdText({owner_, found.stream, sequence});
    if (!record.record_id || *record.record_id == id) return Ok();
    return {Code::kDataLoss, "its record_id is not " + id};
  }

  const std::filesystem::path& folder_;
  const std::string& owner_;
  Verification& verification_;
  std::vector<store::StreamId> streams_;  // in the journal's order
  Debt debt_ = Debt::kUnknown;            // until the ledger says
  KnowledgeGatherer gatherer_;
};

void ReadLedger(os::FileCalls& calls, const std::filesystem::path& file, DeviceJournal& journal,
                Verification& verification) {
  const auto ledger = store::Ledger::Inspect(calls, file);
  if (ledger.ok()) return journal.TakeLedger(*ledger);
  if (ledger.status().code() == Code::kNotFound) return;
  const std::string& why = ledger.status().message();
  const bool is_named = why.find(file.string()) != std::string::npos;
  verification.Add({.kind = FindingKind::kLedger,
                    .file = file.string(),
                    .text = fmt::format("{}; which records are lost, and which the hub has, cannot be told",
                                        is_named ? why : file.string() + ": " + why)});
}

}  // namespace

void KnowledgeGatherer::TakeRecord(const StreamName& name, std::uint64_t sequence, const Found& found) {
  Append(sequence, streams_[name].in_journal);
  unsaved_[name.device].push_back({found.stream, found.entry.sequence, name.stream, sequence});
}

// A file holds every record of the device up to that one (store::RecordFiles).
Status KnowledgeGatherer::TakeSaved(std::string_view payload) {
  ASSIGN_OR_RETURN(const auto plans, store::DecodePlans(payload));
  for (const store::FilePlan& plan : plans) {
    const auto found = unsaved_.find(plan.device);
    if (found == unsaved_.end()) continue;
    std::deque<Unsaved>& queue = found->second;
    const auto last = std::find_if(queue.rbegin(), queue.rend(), [&](const Unsaved& one) {
      return one.journal_stream == plan.stream && one.journal_sequence <= plan.upto;
    });
    for (auto at = queue.begin(); at != last.base(); ++at) {
      Append(at->sequence, streams_[{plan.device, at->stream}].filed);
    }
    queue.erase(queue.begin(), last.base());
  }
  return Ok();
}

std::size_t KnowledgeGatherer::unsaved() const {
  std::size_t count = 0;
  for (const auto& [device, queue] : unsaved_) count += queue.size();
  return count;
}

std::map<StreamName, StreamKnowledge> KnowledgeGatherer::Finish() {
  unsaved_.clear();
  for (auto& [name, known] : streams_) {
    for (SequenceRanges* const ranges : {&known.in_journal, &known.filed, &known.stored, &known.lost}) {
      *ranges = Normalised(std::move(*ranges));
    }
  }
  return std::exchange(streams_, {});
}

void AddJournalCheck(const store::JournalCheck& check, Verification& verification) {
  ++verification.journals;
  verification.segments += check.segments;
  for (const store::JournalFault& one : check.faults) {
    const std::string place = one.offset ? fmt::format(" at byte {}", *one.offset) : std::string();
    verification.Add({.kind = FindingKind::kJournal,
                      .file = one.file.string(),
                      .offset = one.offset,
                      .text = fmt::format("{}{}: {}", one.file.string(), place, one.text)});
  }
  for (const std::string& one : check.notes) verification.Note(one);
}

void AddBadEntry(const std::filesystem::path& folder, const Found& found, std::string_view why,
                 Verification& verification) {
  const std::string file = (folder / store::SegmentName(found.position.segment)).string();
  verification.Add({.kind = FindingKind::kJournalRecord,
                    .file = file,
                    .offset = found.position.offset,
                    .text = fmt::format("{} at byte {}: entry {} is whole, but not what it should be: {}", file,
                                        found.position.offset, found.entry.sequence, why)});
}

Result<StoreKnowledge> VerifyDeviceJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                           const std::string& owner, bool is_in_use, Verification& verification) {
  DeviceJournal journal(folder, owner, verification);
  ASSIGN_OR_RETURN(const auto check, store::CheckJournal(calls, folder, owner, is_in_use,
                                                         [&](const Found& found) { journal.Take(found); }));
  AddJournalCheck(check, verification);
  // Behind the journal: a report is in it before the segment goes.
  ReadLedger(calls, folder / "ledger", journal, verification);
  if (journal.unsaved() > 0) {
    verification.Note(
        fmt::format("{}: {} records are in no file yet, as far as it says", folder.string(), journal.unsaved()));
  }
  return StoreKnowledge{.folder = folder.parent_path(),
                        .is_in_use = is_in_use,
                        .debt = check.segments == 0 && check.faults.empty() ? Debt::kNobody : journal.debt(),
                        .streams = journal.Finish()};
}

}  // namespace inferometer::analyze
