#include "probe/heat/thermal_zone.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <utility>
#include <vector>

#include "base/units.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

constexpr double kLeastCelsius = -40.0;
constexpr double kMostCelsius = 150.0;

struct Sensor {
  std::size_t rank;  // lower is better
  std::filesystem::path path;
  std::string name;
};

struct Preference {
  std::string_view name;
  bool is_prefix = false;
};

// Zones and hwmon sensors in one order. Names end on "-thermal" on most boards.
constexpr Preference kPreferences[] = {
    {"x86_pkg_temp"}, {"cpu-thermal"}, {"cpu_thermal"}, {"CPU-therm"}, {"tj-thermal"}, {"soc", true},
    {"cpu", true},    {"coretemp"},    {"k10temp"},     {"zenpower"},  {"acpitz"},
};

// One past the last preference where it is none.
std::size_t RankOf(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kPreferences), std::end(kPreferences), [name](const Preference& p) {
    return p.is_prefix ? name.starts_with(p.name) : name == p.name;
  });
  return static_cast<std::size_t>(found - std::begin(kPreferences));
}

void Collect(const std::filesystem::path& parent, std::string_view prefix, const char* name_file,
             const char* value_file, std::vector<Sensor>& sensors) {
  for (const auto& folder : NumberedEntries(parent, prefix)) {
    auto name = ReadSysfsLabel(folder / name_file);
    if (!name.ok()) continue;
    const std::size_t rank = RankOf(*name);
    if (rank < std::size(kPreferences)) sensors.push_back({rank, folder / value_file, std::move(name).value()});
  }
}

}  // namespace

Result<double> ParseCelsius(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  int millidegrees = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, millidegrees);
  if (error != std::errc() || end != last) {
    return Status(Code::kDataLoss, text.empty() ? "empty" : "not a temperature")
        .At(static_cast<std::size_t>(end - text.data()));
  }
  const double celsius = millidegrees / base::kMilliPerUnit;
  if (celsius >= kLeastCelsius && celsius <= kMostCelsius) return celsius;
  return Status(Code::kDataLoss, "no temperature of a machine that runs").At(0);
}

Result<ThermalZone> ThermalZone::Find(const std::filesystem::path& sysfs) {
  std::vector<Sensor> sensors;
  Collect(sysfs / "class/thermal", "thermal_zone", "type", "temp", sensors);
  Collect(sysfs / "class/hwmon", "hwmon", "name", "temp1_input", sensors);
  std::stable_sort(sensors.begin(), sensors.end(), [](const Sensor& a, const Sensor& b) { return a.rank < b.rank; });
  for (const Sensor& sensor : sensors) {
    auto zone = Open(sensor.path, sensor.name);
    if (zone.ok()) return zone;
  }
  return {Code::kNotFound, "no sensor of the processor's temperature in " + (sysfs / "class/thermal").string()};
}

Result<ThermalZone> ThermalZone::Open(const std::filesystem::path& path, const std::string& name) {
  ASSIGN_OR_RETURN(os::KeptFile file, os::KeptFile::Open(path));
  ThermalZone zone(std::move(file), path.string(), name);
  const auto celsius = zone.ReadCelsius();
  if (!celsius.ok()) return celsius.status();
  return zone;
}

Result<double> ThermalZone::ReadCelsius() const {
  char buffer[32];
  ASSIGN_OR_RETURN(const std::string_view text, file_.Read(buffer));
  const auto celsius = ParseCelsius(text);
  if (!celsius.ok()) return {celsius.status().code(), path_ + ": " + celsius.status().message()};
  return celsius;
}

}  // namespace inferometer::probe
