#pragma once
// Truth check 13 on what a device really recorded: one run, split into two sides that are the same by construction.

#include <cstdint>
#include <filesystem>

#include "checks/sheet.h"
#include "inferometer/status.h"

namespace inferometer::checks {

// Prints how often `inferometer compare` tells the two sides apart. `folder` holds the records of one run of one device
// and model, at least 200; else a failure that says so.
[[nodiscard]] Status RealRuns(Sheet& sheet, const std::filesystem::path& folder, std::uint64_t seed);

}  // namespace inferometer::checks
