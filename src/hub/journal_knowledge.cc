#include "hub/journal_knowledge.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "analyze/journal_knowledge.h"
#include "base/device_id.h"
#include "hub/collector.h"
#include "hub/quarantine.h"
#include "hub/received_entry.h"
#include "hub/streams.h"
#include "record/json_read.h"
#include "store/record_files.h"

namespace inferometer::hub {
namespace {

using analyze::StreamName;
using store::EntryType;
using Found = store::JournalReader::Found;

bool IsRange(std::uint64_t from, std::uint64_t to) { return from >= 1 && from <= to && to <= base::kLargestSequence; }
Status Bad(std::string what) { return {Code::kDataLoss, std::move(what)}; }

analyze::SequenceRanges RangesOf(const std::vector<SequenceSpans::Range>& spans) {
  analyze::SequenceRanges ranges;
  for (const auto& one : spans) ranges.push_back({one.from, one.to});
  return ranges;
}

class HubJournal {
 public:
  HubJournal(const std::filesystem::path& folder, analyze::Verification& verification)
      : folder_(folder), verification_(verification) {}

  void Take(const Found& found) {
    const Status good = TakeEntry(found);
    if (!good.ok()) analyze::AddBadEntry(folder_, found, good.message(), verification_);
  }

  [[nodiscard]] std::map<StreamName, analyze::StreamKnowledge> Finish() {
    streams_.ForEach([this](const std::string& device, std::uint64_t stream, const SequenceSpans& spans) {
      TakeSpans({device, stream}, spans);
    });
    return gatherer_.Finish();
  }
  [[nodiscard]] std::size_t unsaved() const { return gatherer_.unsaved(); }

 private:
  Status TakeEntry(const Found& found) {
    const std::string& payload = found.entry.payload;
    switch (found.entry.type) {
      case EntryType::kCheckpoint: return TakeCheckpoint(payload);
      case EntryType::kReceived: return TakeReceived(found);
      case EntryType::kLoss: return TakeLoss(payload);
      case EntryType::kSaving: return store::DecodePlans(payload).status();
      case EntryType::kSaved: return gatherer_.TakeSaved(payload);
      default: return Ok();
    }
  }

  // It knows everything before it, and what devices said they hold, of which there are no entries.
  Status TakeCheckpoint(std::string_view payload) {
    if (payload.size() < kCheckpointFixedBytes) return Bad("a checkpoint that is cut short");
    return streams_.RestoreCheckpoint(payload.substr(kCheckpointFixedBytes));
  }

  // One that holds no record stands in the journal all the same: it is named once.
  Status TakeReceived(const Found& found) {
    ASSIGN_OR_RETURN(const ReceivedEntry entry, DecodeReceived(found.entry.payload));
    if (!base::IsCanonicalDeviceId(entry.device)) return Bad("a device id that is none");
    if (entry.has_key()) {
      if (!IsRange(entry.sequence, entry.sequence)) return Bad("a sequence that cannot be");
      gatherer_.TakeRecord({std::string(entry.device), entry.stream}, entry.sequence, found);
      streams_.Accept(entry.device, entry.stream, entry.sequence, std::nullopt);
    }
    return record::ParseRecord(entry.line).status();
  }

  Status TakeLoss(std::string_view payload) {
    ASSIGN_OR_RETURN(const LossEntry loss, DecodeLoss(payload));
    if (!base::IsCanonicalDeviceId(loss.device)) return Bad("a device id that is none");
    if (loss.to < loss.from) return Ok();  // of a merged report nothing was certain
    if (!IsRange(loss.from, loss.to)) return Bad("a range that cannot be");
    verification_.AddLoss(
        {{std::string(loss.device), loss.stream}, {loss.from, loss.to}, loss.count, std::string(loss.reason)});
    (void)streams_.NoteLost(loss.device, loss.stream, loss.from, loss.to);  // the hub would have no room for it either
    return Ok();
  }

  void TakeSpans(const StreamName& name, const SequenceSpans& spans) {
    analyze::StreamKnowledge& known = gatherer_.Of(name);
    known.stored = RangesOf(spans.Stored());
    known.lost = RangesOf(spans.Lost());
    known.settled = spans.upto();
    if (const auto first = spans.first_held()) {
      known.first = *first;
    } else {
      BeginWhereItIsKnown(name, known);
    }
  }

  // What the device held when it came is in no entry: what is before may never have been for this hub.
  void BeginWhereItIsKnown(const StreamName& name, analyze::StreamKnowledge& known) {
    std::uint64_t first = known.stored.empty() ? 1 : known.stored.front().from;
    if (!known.lost.empty()) first = std::min(first, known.lost.front().from);
    known.first = first;
    if (first == 1) return;
    verification_.Note(
        fmt::format("{}: device {}, stream {} begins at record {} here; whether the device held more the journal does "
                    "not say yet",
                    folder_.parent_path().string(), name.device, base::StreamText(name.stream), first));
  }

  const std::filesystem::path& folder_;
  analyze::Verification& verification_;
  analyze::KnowledgeGatherer gatherer_;
  Streams streams_;
};

// The hub's own, not the journal's: what it refused, with the reasons.
void NoteQuarantine(os::FileCalls& calls, const std::filesystem::path& folder, analyze::Verification& verification) {
  const auto names = calls.List(folder);
  if (!names.ok()) return;
  const auto kept = std::count_if(names->begin(), names->end(),
                                  [](const std::string& name) { return ParsePayloadName(name).has_value(); });
  if (kept == 0) return;
  verification.Note(fmt::format("{}: {} messages that were refused", folder.string(), kept));
}

}  // namespace

Result<analyze::StoreKnowledge> VerifyHubJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                                 bool is_in_use, analyze::Verification& verification) {
  HubJournal journal(folder, verification);
  ASSIGN_OR_RETURN(const auto check, store::CheckJournal(calls, folder, "hub", is_in_use,
                                                         [&](const Found& found) { journal.Take(found); }));
  analyze::AddJournalCheck(check, verification);
  NoteQuarantine(calls, folder.parent_path() / "quarantine", verification);
  if (journal.unsaved() > 0) {
    verification.Note(
        fmt::format("{}: {} records are in no file yet, as far as it says", folder.string(), journal.unsaved()));
  }
  return analyze::StoreKnowledge{
      .folder = folder.parent_path(), .is_in_use = is_in_use, .is_hub = true, .streams = journal.Finish()};
}

}  // namespace inferometer::hub
