#pragma once
// What may stand as a device id: in a topic, a record and a file name.

#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::base {

// Lower-cases `text` and checks it against ^[a-z0-9][a-z0-9:_-]{1,62}[a-z0-9]$ (a MAC address is one).
[[nodiscard]] Result<std::string> CanonicalDeviceId(std::string_view text);

// Whether `text` is one already, letter for letter.
[[nodiscard]] bool IsCanonicalDeviceId(std::string_view text);

// The folders of ours in a metrics directory that hold no device's files: the lake and a journal.
[[nodiscard]] bool IsFolderOfOurs(std::string_view name);

// A device's name becomes a folder: letters, digits, dot, hyphen and underscore, 1 to 64 of them, not starting with a
// dot or hyphen, and none of our own folders'.
[[nodiscard]] Status CheckDeviceName(std::string_view name);

}  // namespace inferometer::base
