#pragma once
// Looking around in /sys, at opening: which folders there are, and their one-line attributes. Bounded.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::probe {

// The entries of `parent` that are called `prefix` and a number, by number: cpu0, cpu1, cpu10. At most `most`, the
// lowest numbers. Empty where there is no such folder.
[[nodiscard]] std::vector<std::filesystem::path> NumberedEntries(const std::filesystem::path& parent,
                                                                 std::string_view prefix, std::size_t most = 1024);

// An attribute that is a name: printable characters, at most 64, without the end of its line. kDataLoss otherwise.
[[nodiscard]] Result<std::string> ReadSysfsName(const std::filesystem::path& path);
[[nodiscard]] Result<std::string> ParseSysfsName(std::string_view text);

}  // namespace inferometer::probe
