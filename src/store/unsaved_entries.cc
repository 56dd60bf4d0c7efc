#include "store/unsaved_entries.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "base/little_endian.h"
#include "store/journal_reader.h"
#include "store/record_files.h"

namespace inferometer::store {
namespace {

constexpr std::size_t kFixedBytes = 8;  // of a checkpoint, before the context

// What RecordFiles does when it replays, for one device.
class Replay {
 public:
  Replay(std::filesystem::path folder, const std::string& owner) : folder_(std::move(folder)), owner_(owner) {}

  void Take(const JournalReader::Found& found) {
    switch (found.entry.type) {
      case EntryType::kRecord: TakeRecord(found); break;
      case EntryType::kSaving: TakeIntent(found.entry.payload); break;
      case EntryType::kSaved: TakeSaved(found.entry.payload); break;
      default: break;
    }
  }

  std::vector<UnsavedEntry> Finish(os::FileCalls& calls) && {
    const auto file = intent_ ? calls.Open(folder_ / intent_->name, os::Access::kRead)
                              : Result<int>(Code::kNotFound, "no file was begun");
    if (file.ok()) {
      calls.Close(*file).IgnoreBecause("nothing was written");
      Pop(*intent_);
    }
    return {entries_.begin(), entries_.end()};
  }

 private:
  // What stands twice after a failed write counts once.
  void TakeRecord(const JournalReader::Found& found) {
    std::uint64_t& newest = newest_[found.stream];
    if (found.entry.sequence <= newest) return;
    newest = found.entry.sequence;
    entries_.push_back({found.stream, found.entry.sequence, found.position});
  }

  [[nodiscard]] std::optional<FilePlan> PlanIn(std::string_view payload) const {
    const auto plans = DecodePlans(payload);
    if (!plans.ok()) return std::nullopt;
    const auto mine = std::find_if(plans->begin(), plans->end(), [&](const auto& one) { return one.device == owner_; });
    return mine == plans->end() ? std::nullopt : std::optional(*mine);
  }

  // Of a plan of a later version nothing is known: its records stay unsaved.
  void TakeIntent(std::string_view payload) {
    if (auto plan = PlanIn(payload)) intent_ = std::move(plan);
  }

  void TakeSaved(std::string_view payload) {
    const auto plan = PlanIn(payload);
    if (!plan) return;
    Pop(*plan);
    if (intent_ == plan) intent_.reset();
  }

  // A file holds every record up to that one.
  void Pop(const FilePlan& plan) {
    const auto last = std::find_if(entries_.rbegin(), entries_.rend(), [&](const UnsavedEntry& one) {
      return one.stream == plan.stream && one.sequence <= plan.upto;
    });
    entries_.erase(entries_.begin(), last.base());
  }

  const std::filesystem::path folder_;
  const std::string& owner_;
  std::map<StreamId, std::uint64_t> newest_;
  std::deque<UnsavedEntry> entries_;
  std::optional<FilePlan> intent_;  // the latest, not known to be done
};

}  // namespace

Result<UnsavedEntries> FindUnsaved(os::FileCalls& calls, const std::filesystem::path& journal,
                                   const std::string& owner) {
  ASSIGN_OR_RETURN(const FolderSurvey survey, InspectJournal(calls, journal, owner));
  UnsavedEntries unsaved;
  unsaved.segments.assign(survey.segments.begin(), survey.segments.end());
  Replay replay(journal.parent_path(), owner);
  JournalReader reader(calls, journal);
  if (!unsaved.segments.empty()) reader.Seek({unsaved.segments.front().segment, kHeaderBytes});
  reader.ReadAll(unsaved.segments, [&](const JournalReader::Found& found) { replay.Take(found); });
  unsaved.entries = std::move(replay).Finish(calls);
  return unsaved;
}

std::string Encode(const DeviceCheckpoint& checkpoint) {
  std::string out;
  base::AppendLittleEndian(out, checkpoint.first_unsaved_segment);
  return out + checkpoint.context;
}

std::optional<DeviceCheckpoint> ReadDeviceCheckpoint(os::FileCalls& calls, const std::filesystem::path& journal,
                                                     const SegmentInfo& segment) {
  const auto payload = ReadCheckpoint(calls, journal, segment);
  if (!payload.ok() || payload->size() < kFixedBytes) return std::nullopt;
  return DeviceCheckpoint{base::ReadLittleEndian<std::uint64_t>(*payload), payload->substr(kFixedBytes)};
}

}  // namespace inferometer::store
