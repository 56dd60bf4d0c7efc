#pragma once
// What stands in a folder of /sys. Bounded, whatever stands there; empty where there is no such folder. Opens files, so
// not while a window is open.

#include <cstddef>
#include <filesystem>
#include <string_view>
#include <vector>

namespace inferometer::probe {

// The entries with a name that begins so, sorted by name; at most 256.
[[nodiscard]] std::vector<std::filesystem::path> ListFolder(const std::filesystem::path& folder,
                                                            std::string_view prefix = {});

// The entries that are called `prefix` and a number, by number: cpu0, cpu1, cpu10. At most `most`, the lowest numbers.
[[nodiscard]] std::vector<std::filesystem::path> NumberedEntries(const std::filesystem::path& folder,
                                                                 std::string_view prefix, std::size_t most = 1024);

}  // namespace inferometer::probe
