#pragma once
// For tests: a /sys with the power sensors of a Jetson, in either layout.

#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/temporary_folder.h"

namespace inferometer::probe {

// Not thread-safe, but readers may read while Set and SetPower write.
class FakeIna3221 {
 public:
  enum class Layout { kHwmon, kIio };
  explicit FakeIna3221(Layout layout = Layout::kHwmon) : layout_(layout) {}

  [[nodiscard]] const std::filesystem::path& sysfs() const { return folder_.path(); }
  // The folder with the sensor's attributes. `device` as "1-0040".
  [[nodiscard]] std::filesystem::path Folder(std::string_view device) const {
    return sysfs() / Below(device, layout_ == Layout::kHwmon ? "drivers/ina3221" : "drivers/ina3221x");
  }
  // Writes any attribute of a device.
  void Put(std::string_view device, std::string_view attribute, std::string_view text) const {
    folder_.Put((Folder(device) / attribute).string(), text);
  }
  // A rail on channel 1 to 3 (which iio counts from 0).
  void Add(std::string_view device, int channel, std::string_view label, int mv, int ma) const {
    if (layout_ == Layout::kHwmon) Put(device, "name", "ina3221\n");
    Put(device, Label(channel), std::string(label) + "\n");
    Put(device, Voltage(channel), "");
    Put(device, Current(channel), "");
    Set(device, channel, mv, ma);
  }
  // In place, always of one length, so that a reader sees the old text or the new one.
  void Set(std::string_view device, int channel, int mv, int ma) const {
    Overwrite(Folder(device) / Voltage(channel), mv);
    Overwrite(Folder(device) / Current(channel), ma);
  }
  // The current that this power is at a supply of 5 V, as a sensor with a shunt of 5 mOhm shows it: in steps of 8 mA.
  void SetPower(std::string_view device, int channel, double watts) const {
    Overwrite(Folder(device) / Current(channel), 8 * static_cast<int>(std::lround(watts / 5.0 / 0.008)));
  }
  // The same device once more, below devices/, as the kernel shows it by a link.
  void LinkBelowDevices(std::string_view device) const {
    const auto devices = sysfs() / "bus/i2c/devices";
    std::filesystem::create_directories(devices);
    const std::string driver = layout_ == Layout::kHwmon ? "../drivers/ina3221" : "../drivers/ina3221x";
    std::filesystem::create_directory_symlink(std::filesystem::path(driver) / device, devices / device);
  }
  [[nodiscard]] std::string Label(int channel) const {
    if (layout_ == Layout::kIio) return "rail_name_" + std::to_string(channel - 1);
    return "in" + std::to_string(channel) + "_label";
  }
  [[nodiscard]] std::string Voltage(int channel) const {
    if (layout_ == Layout::kIio) return "in_voltage" + std::to_string(channel - 1) + "_input";
    return "in" + std::to_string(channel) + "_input";
  }
  [[nodiscard]] std::string Current(int channel) const {
    if (layout_ == Layout::kIio) return "in_current" + std::to_string(channel - 1) + "_input";
    return "curr" + std::to_string(channel) + "_input";
  }

 private:
  [[nodiscard]] std::filesystem::path Below(std::string_view device, std::string_view driver) const {
    const auto folder = std::filesystem::path("bus/i2c") / driver / device;
    return layout_ == Layout::kHwmon ? folder / "hwmon/hwmon3" : folder / "iio:device0";
  }
  static void Overwrite(const std::filesystem::path& path, int value) {
    char text[16];
    const int length = std::snprintf(text, sizeof text, "%07d\n", value);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
    static_cast<void>(::pwrite(fd, text, static_cast<std::size_t>(length), 0) == length);
    ::close(fd);
  }

  const Layout layout_;
  os::TemporaryFolder folder_;
};

}  // namespace inferometer::probe
