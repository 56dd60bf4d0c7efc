#pragma once
// The temperature of the processor: one sensor of the many that a machine shows.

#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::probe {

// From the text of a thermal zone's `temp` or a hwmon `temp1_input`: millidegrees Celsius. kDataLoss with the byte for
// what is no number, and for values outside [-40, 150] degrees: a sensor that is not connected shows -256.
[[nodiscard]] Result<double> ParseCelsius(std::string_view text);

// Reads allocate nothing while they succeed. Movable; safe from any thread.
class ThermalZone {
 public:
  // The first in order of preference whose value makes sense: the processor's zones by type (kernel
  // Documentation/driver-api/thermal), its hwmon sensors by name, the firmware's zone (acpitz), which may be anywhere
  // in the case. kNotFound where there is none.
  [[nodiscard]] static Result<ThermalZone> Find(const std::filesystem::path& sysfs);

  // As the kernel calls it: "cpu-thermal", "coretemp".
  [[nodiscard]] const std::string& name() const { return name_; }
  // kDataLoss and others, with the path.
  [[nodiscard]] Result<double> ReadCelsius() const;

 private:
  ThermalZone(os::KeptFile file, std::string path, std::string name)
      : file_(std::move(file)), path_(std::move(path)), name_(std::move(name)) {}
  [[nodiscard]] static Result<ThermalZone> Open(const std::filesystem::path& path, const std::string& name);

  os::KeptFile file_;
  std::string path_;
  std::string name_;
};

}  // namespace inferometer::probe
