#pragma once
// Lets files go, each noted before.

#include <cstddef>
#include <filesystem>
#include <set>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "archive/cleaner.h"
#include "archive/holding.h"
#include "archive/owed_records.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::archive {

// A file that is to go, and what of it a hub has not acknowledged.
struct Removal {
  Holding holding;
  std::map<std::pair<std::string, analyze::StreamName>, analyze::SequenceRanges> unacknowledged;
};

// How it is told. Bytes are those of now: ask before it goes.
[[nodiscard]] RemovedFile Described(const Removal& removal);

// In the order given; folder by folder where files stand together. Adds to `report` what went. Stops between two files
// when asked to. REQUIRES: the locks of the metrics directory and of the lake are held.
[[nodiscard]] Status Remove(std::span<const Removal> removals, const CleanOptions& options,
                            const std::filesystem::path& lake, os::FileCalls& files, CleanReport& report);

}  // namespace inferometer::archive
