#include "probe/energy/hwmon.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "os/files.h"
#include "probe/energy/energy_counter.h"
#include "probe/energy/gauge_source.h"
#include "probe/energy/rail_gauge.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

using base::kUjPerMj;
using Kind = MachineMeter::Kind;
using Path = std::filesystem::path;
using Seconds = std::chrono::duration<double>;
using std::chrono::milliseconds;

constexpr int kMostSensors = 16;  // of one kind on one chip
constexpr double kMostWatts = 2000;
constexpr milliseconds kLongestInterval{600'000};

// Not here, since they are less than the machine: amdgpu, i915, xe, nouveau (a GPU), amd_energy (the processor), nvme,
// xgene (CPU and I/O), pmbus and ina2xx without a name (some rail), ucsi_source_psy (what USB-PD agreed on, no meter).
constexpr MachineMeter kMachineMeters[] = {
    // IBM System X, the whole server, refreshed each second (drivers/hwmon/ibmaem.c). Version 2 shows two counters, of
    // which the kernel does not say which is the input: left to power.
    {"aem*", "", Kind::kEnergy, "system", milliseconds(1000), 0.05},
    // Counting monitors that a board's device tree names as its input.
    {"ina228", "VIN", Kind::kEnergy, "board", milliseconds(100), 0.01},
    {"ltc2947", "VIN", Kind::kEnergy, "board", milliseconds(100), 0.01},
    {"ina226", "VIN", Kind::kPower, "board", milliseconds(100), 0.01},
    {"ina238", "VIN", Kind::kPower, "board", milliseconds(100), 0.01},
    {"ina260", "VIN", Kind::kPower, "board", milliseconds(100), 0.01},
    // ACPI 4.0 power meter, of the system unless it says that it is a battery's (drivers/hwmon/acpi_power_meter.c).
    {"power_meter", "", Kind::kPower, "system", milliseconds(1000), 0.05},
    // Apple silicon: the key PSTR (drivers/hwmon/macsmc-hwmon.c).
    {"macsmc_hwmon", "Total System Power", Kind::kPower, "system", milliseconds(1000), 0.05},
    // Power supply of a PC (Documentation/hwmon/corsair-psu).
    {"corsairpsu", "power total", Kind::kPower, "system", milliseconds(1000), 0.05},
    // USB-C meter in the supply line, POWER-Z KM002C and KM003C (drivers/hwmon/powerz.c). Its rate is not told.
    {"powerz", "VBUS", Kind::kVoltageAndCurrent, "system", milliseconds(100), 0.01},
};

struct Sensor {
  const MachineMeter* meter;
  Path folder;
  int number;  // as in power1_input
  std::string chip;
};

class HwmonCounter final : public EnergySource {
 public:
  HwmonCounter(EnergySourceFacts facts, double relative_uncertainty, std::unique_ptr<EnergyCounter> counter)
      : facts_(std::move(facts)), relative_uncertainty_(relative_uncertainty), counter_(std::move(counter)) {}

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Read() override {
    const CounterReading counted = counter_->Update();
    EnergyReading reading;
    reading.total_mj = static_cast<double>(counted.total_uj) / kUjPerMj;
    reading.disturbances = counted.disturbances;
    reading.ok = counted.ok;
    return reading;
  }
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override {
    if (!WindowIsWhole(begin, end)) return counter_->last_disturbance().why;
    const double mj = end.total_mj - begin.total_mj;
    if (mj <= 0) return {Code::kUnavailable, "the counter did not move: the window is shorter than its step"};
    // Each of the two readings is late by up to one step.
    const double step_mj = 2 * mj / Seconds(duration).count() * Seconds(facts_.resolution).count() / std::sqrt(6.0);
    return Energy{mj, step_mj + relative_uncertainty_ * mj};
  }

 private:
  const EnergySourceFacts facts_;
  const double relative_uncertainty_;
  const std::unique_ptr<EnergyCounter> counter_;
};

bool Exists(const Path& path) {
  std::error_code error;
  return std::filesystem::exists(path, error);
}

Path Attribute(const Sensor& sensor, std::string_view kind, std::string_view what) {
  return sensor.folder / fmt::format("{}{}_{}", kind, sensor.number, what);
}

std::string_view Stem(Kind kind) {
  if (kind == Kind::kEnergy) return "energy";
  return kind == Kind::kPower ? "power" : "in";
}

// hwmon counts voltages from 0, all else from 1.
bool IsThere(const Sensor& sensor) {
  const std::string_view stem = Stem(sensor.meter->kind);
  return Exists(Attribute(sensor, stem, "input")) || Exists(Attribute(sensor, stem, "average"));
}

bool HasLabel(const Sensor& sensor) {
  for (const Path& path : {Attribute(sensor, Stem(sensor.meter->kind), "label"), sensor.folder / "label"}) {
    const auto label = ReadSysfsLabel(path);
    if (label.ok() && *label == sensor.meter->label) return true;
  }
  return false;
}

bool IsBattery(const Sensor& sensor) {
  const auto is_battery = ReadSysfsInteger(Attribute(sensor, "power", "is_battery"));
  return is_battery.ok() && *is_battery != 0;
}

// The chip's only sensor that is the row's; none where there are two, since they are not alike then.
std::optional<Sensor> FindOn(const Path& folder, const std::string& chip, const MachineMeter& meter) {
  std::optional<Sensor> found;
  for (int number = 0; number < kMostSensors; ++number) {
    const Sensor sensor{&meter, folder, number, chip};
    if (!IsThere(sensor) || IsBattery(sensor) || (!meter.label.empty() && !HasLabel(sensor))) continue;
    if (found.has_value()) return std::nullopt;
    found = sensor;
  }
  return found;
}

std::vector<Sensor> FindAll(const std::vector<Path>& folders, const MachineMeter& meter) {
  std::vector<Sensor> found;
  for (const Path& folder : folders) {
    const auto chip = ReadSysfsLabel(folder / "name");
    if (!chip.ok() || !IsChipOf(meter, *chip)) continue;
    auto sensor = FindOn(folder, *chip, meter);
    if (sensor.has_value()) found.push_back(*std::move(sensor));
  }
  return found;
}

std::string Detail(const Sensor& sensor, std::string_view file) {
  const std::string_view label = sensor.meter->label;
  return fmt::format("{}{}{}, {}", sensor.chip, label.empty() ? "" : " ", label, file);
}

std::chrono::nanoseconds Averaging(const Sensor& sensor) {
  const auto interval = ReadSysfsInteger(Attribute(sensor, "power", "average_interval"));
  if (interval.ok() && *interval > 0 && *interval <= kLongestInterval.count()) return milliseconds(*interval);
  return sensor.meter->refresh;
}

double RelativeUncertainty(const Sensor& sensor) {
  constexpr std::size_t kMostBytes = 4096;
  const auto text = os::ReadFile(Attribute(sensor, "power", "accuracy"), kMostBytes);
  if (!text.ok()) return sensor.meter->relative_uncertainty;
  const auto accuracy = ParseAccuracy(*text);
  return accuracy.ok() ? *accuracy : sensor.meter->relative_uncertainty;
}

Result<std::unique_ptr<EnergySource>> OpenCounter(const Sensor& sensor, const EnergyRoots& roots) {
  const MachineMeter& meter = *sensor.meter;
  const Path path = Attribute(sensor, "energy", "input");
  auto counter = EnergyCounter::Open(path, {0, kMostWatts, false}, roots.clock);
  if (!counter.ok()) return WithReadingAllowed(counter.status(), path);
  EnergySourceFacts facts{"hwmon", std::string(meter.scope), meter.refresh, false,
                          Detail(sensor, path.filename().native())};
  return std::unique_ptr<EnergySource>(
      new HwmonCounter(std::move(facts), meter.relative_uncertainty, std::move(counter).value()));
}

Result<std::unique_ptr<EnergySource>> OpenGauge(const Sensor& sensor, const EnergyRoots& roots) {
  const MachineMeter& meter = *sensor.meter;
  PowerGaugeFacts facts{"hwmon",
                        std::string(meter.scope),
                        {},
                        meter.refresh,
                        meter.relative_uncertainty,
                        /*step=*/0,
                        kMostWatts};
  RailFiles files;
  if (meter.kind == Kind::kPower) {
    const Path average = Attribute(sensor, "power", "average");
    const bool is_average = Exists(average);
    files.power_uw = is_average ? average : Attribute(sensor, "power", "input");
    if (is_average) facts.averaging = Averaging(sensor);
    facts.relative_uncertainty = RelativeUncertainty(sensor);
    facts.detail = Detail(sensor, files.power_uw.filename().native());
  } else {
    files.voltage_mv = Attribute(sensor, "in", "input");
    files.current_ma = sensor.folder / "curr1_input";
    facts.detail = Detail(sensor, "voltage x current");
  }
  ASSIGN_OR_RETURN(std::unique_ptr<PowerGauge> gauge, RailGauge::Open(std::move(facts), {files}));
  return std::unique_ptr<EnergySource>(new GaugeSource(std::move(gauge), roots.clock));
}

Result<std::unique_ptr<EnergySource>> OpenRow(const std::vector<Sensor>& found, const EnergyRoots& roots) {
  if (found.size() > 1) {
    return {Code::kFailedPrecondition, fmt::format("{} meters named {}: which one is the machine's is not told",
                                                   found.size(), found.front().chip)};
  }
  if (found.front().meter->kind == Kind::kEnergy) return OpenCounter(found.front(), roots);
  return OpenGauge(found.front(), roots);
}

}  // namespace

std::span<const MachineMeter> MachineMeters() { return kMachineMeters; }

bool IsChipOf(const MachineMeter& meter, std::string_view name) {
  if (!meter.chip.ends_with('*')) return name == meter.chip;
  const std::string_view prefix = meter.chip.substr(0, meter.chip.size() - 1);
  if (!name.starts_with(prefix) || name.size() == prefix.size()) return false;
  const std::string_view rest = name.substr(prefix.size());
  return std::all_of(rest.begin(), rest.end(), [](char c) { return c >= '0' && c <= '9'; });
}

Result<double> ParseAccuracy(std::string_view text) {
  if (text.ends_with('\n')) text.remove_suffix(1);
  double percent = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, percent, std::chars_format::fixed);
  const auto offset = static_cast<std::size_t>(end - text.data());
  if (error != std::errc() || end == last || *end != '%' || end + 1 != last) {
    return Status(Code::kDataLoss, "not a percentage").At(offset);
  }
  if (!(percent > 0) || percent >= 100) return Status(Code::kDataLoss, "not an accuracy").At(0);
  return 1 - percent / 100;
}

Result<std::unique_ptr<EnergySource>> OpenHwmon(const EnergyRoots& roots) {
  const Path below = roots.sysfs / "class/hwmon";
  const std::vector<Path> folders = ListFolder(below, "hwmon");
  Status first_failure(Code::kNotFound, "no meter of the machine in " + below.string());
  for (const MachineMeter& meter : kMachineMeters) {
    const std::vector<Sensor> found = FindAll(folders, meter);
    if (found.empty()) continue;
    auto source = OpenRow(found, roots);
    if (source.ok()) return source;
    if (first_failure.code() == Code::kNotFound) first_failure = source.status();
  }
  return first_failure;
}

}  // namespace inferometer::probe
