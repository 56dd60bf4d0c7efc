#include "device/newest_record_time.h"

#include <string>
#include <utility>

#include "record/json_read.h"
#include "store/journal_reader.h"

namespace inferometer::device {
namespace {

constexpr int kMostSegments = 2;

std::optional<WallTime> LastIn(os::FileCalls& calls, const std::filesystem::path& folder,
                               const store::SegmentInfo& segment) {
  std::string line;
  store::JournalReader reader(calls, folder);
  reader.Seek({segment.segment, store::kHeaderBytes});
  reader.ReadAll({segment}, [&](const store::JournalReader::Found& found) {
    if (found.entry.type == store::EntryType::kRecord) line = found.entry.payload;
  });
  const auto record = record::ParseRecord(line);
  return record.ok() ? record->timestamp : std::nullopt;
}

}  // namespace

std::optional<WallTime> NewestRecordTime(os::FileCalls& calls, const std::filesystem::path& folder,
                                         const std::deque<store::SegmentInfo>& segments) {
  int looked_into = 0;
  for (auto at = segments.rbegin(); at != segments.rend() && looked_into < kMostSegments; ++at) {
    if (!at->has_records()) continue;
    ++looked_into;
    if (const auto time = LastIn(calls, folder, *at)) return time;
  }
  return std::nullopt;
}

}  // namespace inferometer::device
