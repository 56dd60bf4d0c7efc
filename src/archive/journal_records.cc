#include "archive/journal_records.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "analyze/file_context.h"
#include "record/json_read.h"
#include "store/journal_check.h"
#include "store/journal_reader.h"
#include "store/unsaved_entries.h"

namespace inferometer::archive {
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
      auto context = analyze::ParseContext(checkpoint->context);
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
                      const analyze::EachRecord& each) {
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
    const analyze::FoundFile file{segment, folder_name};
    RETURN_IF_ERROR(each({file, contexts.Of(one.stream), entry.payload, {}}, *record));
  }
  return Ok();
}

}  // namespace inferometer::archive
