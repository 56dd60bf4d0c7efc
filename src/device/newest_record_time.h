#pragma once
// The newest time that a device's journal knows.

#include <deque>
#include <filesystem>
#include <optional>

#include "inferometer/record.h"
#include "os/files.h"
#include "store/journal_folder.h"

namespace inferometer::device {

// The timestamp of the last record in `segments`, whoever wrote it and whatever it says: bound it. Reads the newest
// segment that holds records, and where nothing of it can be read the one before; never more.
[[nodiscard]] std::optional<WallTime> NewestRecordTime(os::FileCalls& calls, const std::filesystem::path& folder,
                                                       const std::deque<store::SegmentInfo>& segments);

}  // namespace inferometer::device
