#pragma once
// For tests: a /sys with powercap zones, as the kernel shows them.

#include <fcntl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/temporary_folder.h"

namespace inferometer::probe {

// Not thread-safe, but readers may read while Set writes.
class FakePowercap {
 public:
  static constexpr std::uint64_t kIntelRangeUj = 262'143'328'850;

  [[nodiscard]] const std::filesystem::path& sysfs() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path Zone(std::string_view zone) const {
    return sysfs() / "class/powercap" / std::string(zone);
  }
  void Put(std::string_view zone, std::string_view attribute, std::string_view text) const {
    folder_.Put((std::filesystem::path("class/powercap") / std::string(zone) / std::string(attribute)).string(), text);
  }
  // `zone` as "intel-rapl:0", `name` as "package-0".
  void Add(std::string_view zone, std::string_view name, std::uint64_t energy_uj,
           std::uint64_t range_uj = kIntelRangeUj) const {
    Put(zone, "name", std::string(name) + "\n");
    Put(zone, "max_energy_range_uj", std::to_string(range_uj) + "\n");
    Put(zone, "energy_uj", "");
    Set(zone, energy_uj);
  }
  // In place, always of one length, so that a reader sees the old text or the new one.
  void Set(std::string_view zone, std::uint64_t energy_uj) const {
    char text[16];
    const int length = std::snprintf(text, sizeof text, "%013llu\n", static_cast<unsigned long long>(energy_uj));
    const int fd = ::open((Zone(zone) / "energy_uj").c_str(), O_WRONLY | O_CLOEXEC);
    static_cast<void>(::pwrite(fd, text, static_cast<std::size_t>(length), 0) == length);
    ::close(fd);
  }
  // The file is there and holds no number.
  void Break(std::string_view zone, std::string_view text) const { Put(zone, "energy_uj", text); }

 private:
  os::TemporaryFolder folder_;
};

}  // namespace inferometer::probe
