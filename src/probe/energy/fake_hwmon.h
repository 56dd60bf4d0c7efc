#pragma once
// For tests: a /sys with hwmon chips.

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/temporary_folder.h"

namespace inferometer::probe {

// Not thread-safe, but readers may read while Set and SetPower write.
class FakeHwmon {
 public:
  [[nodiscard]] const std::filesystem::path& sysfs() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path Folder(int number) const {
    return sysfs() / "class/hwmon" / ("hwmon" + std::to_string(number));
  }
  void Put(int number, std::string_view attribute, std::string_view text) const {
    folder_.Put((Folder(number) / attribute).string(), text);
  }
  void Add(int number, std::string_view name) const { Put(number, "name", std::string(name) + "\n"); }
  // A value in the attribute's own unit, in place once the file is there, always of one length, so that a reader sees
  // the old text or the new one.
  void Set(int number, std::string_view attribute, std::int64_t value) const {
    const std::filesystem::path path = Folder(number) / attribute;
    if (!std::filesystem::exists(path)) Put(number, attribute, "");
    char text[24];
    const int length = std::snprintf(text, sizeof text, "%016lld\n", static_cast<long long>(value));
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    static_cast<void>(::pwrite(fd, text, static_cast<std::size_t>(length), 0) == length);
    ::close(fd);
  }
  // `attribute` as "power1_average".
  void SetPower(int number, std::string_view attribute, double watts) const {
    Set(number, attribute, std::llround(1e6 * watts));
  }

 private:
  os::TemporaryFolder folder_;
};

}  // namespace inferometer::probe
