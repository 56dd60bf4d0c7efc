#pragma once
// The texts of sysfs that sensors share: one signed number, or one label. Bounded, whatever stands there.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::probe {

// The text of an attribute that holds one number: digits, perhaps a newline; an integer may have a minus sign.
// kDataLoss with the offset otherwise.
[[nodiscard]] Result<std::uint64_t> ParseSysfsCount(std::string_view text);
[[nodiscard]] Result<std::int64_t> ParseSysfsInteger(std::string_view text);

// The text of a `name`, `label` or `status`: printable ASCII, 1 to 64 characters, perhaps a newline. kDataLoss with the
// offset otherwise.
[[nodiscard]] Result<std::string> ParseSysfsLabel(std::string_view text);

// These open the file, so not while a window is open. The message names the file.
[[nodiscard]] Result<std::int64_t> ReadSysfsInteger(const std::filesystem::path& path);
[[nodiscard]] Result<std::string> ReadSysfsLabel(const std::filesystem::path& path);

// An attribute that is read again and again. Readings allocate nothing while they succeed; the messages of others name
// the file. Movable; one thread at a time.
class KeptAttribute {
 public:
  // kPermissionDenied with the command that allows reading.
  [[nodiscard]] static Result<KeptAttribute> Open(const std::filesystem::path& path);
  [[nodiscard]] Result<std::int64_t> ReadInteger() const;
  // Without the newline. The view is into `buffer`.
  [[nodiscard]] Result<std::string_view> ReadText(std::span<char> buffer) const;
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  KeptAttribute(os::KeptFile file, std::string path) : file_(std::move(file)), path_(std::move(path)) {}
  os::KeptFile file_;
  std::string path_;
};

// Of a denied read, the same with the command that allows it until the next boot; any other status as it is.
[[nodiscard]] Status WithReadingAllowed(const Status& status, const std::filesystem::path& files);

}  // namespace inferometer::probe
