#include "analyze/journal_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyze/file_context.h"
#include "record/json_read.h"
#include "store/journal_check.h"
#include "store/journal_reader.h"
#include "store/unsaved_entries.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

// The contexts of a journal's streams; empty where none can be read, as the device would write it.
class Contexts {
 public:
  Contexts(os::FileCalls& calls, const fs::path& journal, const std::deque<store::SegmentInfo>& segments)
      : calls_(calls), journal_(journal), segments_(segments) {}

  const store::Context& Of(store::StreamId stream) {
    const auto [found, is_new] = known_.try_emplace(stream);
    if (is_new) found->second = Read(stream);
    return found->second;
  }

 private:
  store::Context Read(store::StreamId stream) {
    for (const store::SegmentInfo& segment : segments_) {
      if (segment.stream != stream) continue;
      const auto checkpoint = store::ReadDeviceCheckpoint(calls_, journal_, segment);
      if (!checkpoint) continue;
      auto context = ParseContext(checkpoint->context);
      return context.ok() ? std::move(*context) : store::Context();
    }
    return {};
  }

  os::FileCalls& calls_;
  const fs::path& journal_;
  const std::deque<store::SegmentInfo>& segments_;
  std::map<store::StreamId, store::Context> known_;
};

}  // namespace

Status ForEachUnsaved(os::FileCalls& calls, const fs::path& journal, const std::optional<std::string>& folder_name,
                      const EachRecord& each) {
  const std::string owner = store::OwnerOfJournal(calls, journal);
  if (owner.empty() || owner == "hub") return Ok();
  ASSIGN_OR_RETURN(const store::UnsavedEntries unsaved, store::FindUnsaved(calls, journal, owner));
  Contexts contexts(calls, journal, unsaved.segments);
  store::EntryFetcher fetcher(calls, journal);
  for (const store::UnsavedEntry& one : unsaved.entries) {
    const fs::path segment = journal / store::SegmentName(one.position.segment);
    ASSIGN_OR_RETURN(const store::Entry entry, fetcher.Fetch(one.position));
    const auto record = record::ParseRecord(entry.payload);
    if (!record.ok() || !record->timestamp || !record->device_id) {
      return {Code::kDataLoss, fmt::format("{} at byte {}: entry {} is no record of an inference", segment.string(),
                                           one.position.offset, one.sequence)};
    }
    const FoundFile file{segment, folder_name};
    RETURN_IF_ERROR(each({file, contexts.Of(one.stream), entry.payload, {}}, *record));
  }
  return Ok();
}

bool IsHeld(const fs::path& journal) { return os::FileLock::IsHeld(journal.parent_path() / ".lock"); }

Status ForEachUnsavedIn(os::FileCalls& calls, const fs::path& root, std::span<const fs::path> journals,
                        const EachRecord& each, std::vector<Damage>& damaged) {
  for (const fs::path& journal : journals) {
    if (IsHeld(journal)) continue;
    const fs::path folder = journal.parent_path();
    const auto name = folder == root ? std::nullopt : std::optional(folder.filename().string());
    Status of_each;
    const Status status =
        ForEachUnsaved(calls, journal, name, [&](const RecordOrigin& origin, const InferenceRecord& record) {
          of_each = each(origin, record);
          return of_each;
        });
    RETURN_IF_ERROR(of_each);
    if (!status.ok()) damaged.push_back({journal.string(), status.offset_bytes(), status.message()});
  }
  return Ok();
}

}  // namespace inferometer::analyze
