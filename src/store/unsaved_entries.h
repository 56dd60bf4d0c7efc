#pragma once
// Which records of a device's journal stand in no file, for whoever only looks.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"
#include "store/journal_folder.h"
#include "store/segment_format.h"

namespace inferometer::store {

struct UnsavedEntry {
  StreamId stream = 0;
  std::uint64_t sequence = 0;
  Position position;
};

struct UnsavedEntries {
  std::deque<SegmentInfo> segments;   // of the journal, in order
  std::vector<UnsavedEntry> entries;  // in the journal's order
};

// As a start of the device would find them: a file that was begun and is there counts, note or not. Changes nothing on
// disk. What is damaged is passed over. REQUIRES: nobody writes there. Memory: 40 bytes a record that was not saved
// when the next came.
[[nodiscard]] Result<UnsavedEntries> FindUnsaved(os::FileCalls& calls, const std::filesystem::path& journal,
                                                 const std::string& owner);

// What a segment of a device's journal begins with.
struct DeviceCheckpoint {
  std::uint64_t first_unsaved_segment = 0;  // 0: every record of earlier segments is in a file
  std::string context;                      // of the segment's records, a JSON object
};
[[nodiscard]] std::string Encode(const DeviceCheckpoint& checkpoint);
// Of the segment; nothing where it has none that is good.
[[nodiscard]] std::optional<DeviceCheckpoint> ReadDeviceCheckpoint(os::FileCalls& calls,
                                                                   const std::filesystem::path& journal,
                                                                   const SegmentInfo& segment);

}  // namespace inferometer::store
