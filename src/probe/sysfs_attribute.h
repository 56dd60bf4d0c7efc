#pragma once
// The texts of sysfs that sensors share: one signed number, or one label. Bounded, whatever stands there.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::probe {

// The text of an attribute that holds one number: perhaps a minus sign, digits, perhaps a newline. kDataLoss with the
// offset otherwise.
[[nodiscard]] Result<std::int64_t> ParseSysfsInteger(std::string_view text);

// The text of a `name`, `label` or `status`: printable ASCII, 1 to 64 characters, perhaps a newline. kDataLoss with the
// offset otherwise.
[[nodiscard]] Result<std::string> ParseSysfsLabel(std::string_view text);

// These open the file, so not while a window is open. The message names the file.
[[nodiscard]] Result<std::int64_t> ReadSysfsInteger(const std::filesystem::path& path);
[[nodiscard]] Result<std::string> ReadSysfsLabel(const std::filesystem::path& path);

// What stands in a folder with a name that begins so, sorted by name; at most 256. Empty where there is no such folder.
[[nodiscard]] std::vector<std::filesystem::path> ListFolder(const std::filesystem::path& folder,
                                                            std::string_view prefix = {});

// Of a denied read, the same with the command that allows it until the next boot; any other status as it is.
[[nodiscard]] Status WithReadingAllowed(const Status& status, const std::filesystem::path& files);

}  // namespace inferometer::probe
