#include "probe/energy/ina3221.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <set>
#include <utility>

#include "base/units.h"
#include "probe/energy/gauge_source.h"
#include "probe/energy/rail_gauge.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

using base::kMicroPerUnit;
using base::kMilliPerUnit;
using std::chrono::nanoseconds;

constexpr int kChannels = 3;           // in7 and curr4 are sums of them
constexpr double kVoltageStep = 8e-3;  // of 13 bits; datasheet and drivers/hwmon/ina3221.c
constexpr double kShuntStep = 40e-6;
constexpr double kUsualShuntOhm = 5e-3;
// The shunt amplifier is off by up to 80 uV, two steps (datasheet).
constexpr double kMostOffsetSteps = 2;
constexpr double kMostWatts = 200;  // above every module and carrier
constexpr double kGain = 0.01;      // of sensor and shunt
// Which rails hang on which is from forum posts and schematics, not from a specification.
constexpr double kGainOfSums = 0.05;

struct Rail {
  std::string name;
  RailFiles files;
  std::filesystem::path folder;
  double current_step_amps = 0;  // 0: its steps do not matter
};

struct Total {
  const char* scope;
  double relative_uncertainty;
  std::vector<std::string> rails;
};

// In order; the first whose rails are all there is taken. Jetson Thor: the input of the carrier (jetson_stats #900).
// Nano, TX1: POM_5V_IN; TX2, Xavier NX, Orin Nano, Orin NX: VDD_IN; both the input of the module (NVIDIA forum 348662).
// AGX Orin: VDDQ_VDD2_1V8AO is left out, since it is fed by VIN_SYS_5V0. AGX Xavier: each hangs on an input of the
// module (design guide, 5.2).
const std::vector<Total>& Totals() {
  static const std::vector<Total> kTotals = {
      {"board", kGain, {"VIN"}},
      {"module", kGain, {"VDD_IN"}},
      {"module", kGain, {"POM_5V_IN"}},
      {"module", kGainOfSums, {"VDD_GPU_SOC", "VDD_CPU_CV", "VIN_SYS_5V0"}},
      {"module", kGainOfSums, {"GPU", "CPU", "SOC", "CV", "VDDRQ", "SYS5V"}},
      {"module", kGainOfSums, {"VDD_GPU", "VDD_CPU_SOC_MSS", "VIN_SYS_5V0"}},
  };
  return kTotals;
}

// Only Thor has it; its INA238 bears no name.
constexpr std::string_view kRailOfThor = "VDD_CPU_SOC_MSS";

// What reads as a rail's name. Channels that are not wired are named NC.
bool NamesARail(const Result<std::string>& label) {
  return label.ok() && *label != "NC" && *label != "sum of shunt voltages";
}

double CurrentStepAmps(const std::filesystem::path& hwmon, int channel) {
  const auto shunt_uohm = ReadSysfsInteger(hwmon / fmt::format("shunt{}_resistor", channel));
  const bool is_told = shunt_uohm.ok() && *shunt_uohm > 0;
  return kShuntStep / (is_told ? static_cast<double>(*shunt_uohm) / kMicroPerUnit : kUsualShuntOhm);
}

Rail MakeRail(std::string name, const std::filesystem::path& folder, const std::string& voltage,
              const std::string& current, double current_step_amps) {
  const auto least_ma = static_cast<std::int64_t>(-kMostOffsetSteps * current_step_amps * kMilliPerUnit);
  return {std::move(name), {{}, folder / voltage, folder / current, least_ma}, folder, current_step_amps};
}

Status AddChannels(const std::filesystem::path& hwmon, std::vector<Rail>& rails) {
  for (int i = 1; i <= kChannels; ++i) {
    auto label = ReadSysfsLabel(hwmon / fmt::format("in{}_label", i));
    if (label.status().code() == Code::kPermissionDenied) return WithReadingAllowed(label.status(), hwmon / "*");
    if (!NamesARail(label)) continue;
    rails.push_back(MakeRail(std::move(label).value(), hwmon, fmt::format("in{}_input", i),
                             fmt::format("curr{}_input", i), CurrentStepAmps(hwmon, i)));
  }
  return Ok();
}

Status AddIioChannels(const std::filesystem::path& iio, std::vector<Rail>& rails) {
  for (int i = 0; i < kChannels; ++i) {
    auto name = ReadSysfsLabel(iio / fmt::format("rail_name_{}", i));
    if (name.status().code() == Code::kPermissionDenied) return WithReadingAllowed(name.status(), iio / "*");
    if (!NamesARail(name)) continue;
    rails.push_back(MakeRail(std::move(name).value(), iio, fmt::format("in_voltage{}_input", i),
                             fmt::format("in_current{}_input", i), kShuntStep / kUsualShuntOhm));
  }
  return Ok();
}

// A name of its own, else none: its only power is that of the whole chip. Steps of 20 bits do not matter.
void AddIna238(const std::filesystem::path& hwmon, std::vector<Rail>& rails) {
  Rail rail{"", {hwmon / "power1_input"}, hwmon, 0};
  for (const char* file : {"power1_label", "in1_label", "label"}) {
    auto label = ReadSysfsLabel(hwmon / file);
    if (!label.ok()) continue;
    rail.name = std::move(label).value();
    break;
  }
  rails.push_back(std::move(rail));
}

// Below devices/ stand all devices of the bus, so that the chip must say that it is one.
bool IsChip(const std::filesystem::path& hwmon, std::string_view driver, std::string_view chip) {
  const auto name = ReadSysfsLabel(hwmon / "name");
  return name.ok() ? *name == chip : driver == chip;
}

Status AddDevice(const std::filesystem::path& device, std::string_view driver, std::vector<Rail>& rails) {
  for (const auto& hwmon : ListFolder(device / "hwmon", "hwmon")) {
    if (IsChip(hwmon, driver, "ina3221")) RETURN_IF_ERROR(AddChannels(hwmon, rails));
    if (IsChip(hwmon, driver, "ina238")) AddIna238(hwmon, rails);
  }
  for (const auto& iio : ListFolder(device, "iio:device")) RETURN_IF_ERROR(AddIioChannels(iio, rails));
  return Ok();
}

Result<std::vector<Rail>> FindRails(const std::filesystem::path& sysfs) {
  const std::filesystem::path bus = sysfs / "bus/i2c";
  std::vector<Rail> rails;
  std::set<std::string> seen;
  for (const char* driver : {"drivers/ina3221x", "drivers/ina3221", "drivers/ina238", "devices"}) {
    for (const auto& device : ListFolder(bus / driver)) {
      const std::string name = device.filename();
      const std::size_t before = rails.size();
      if (!IsI2cDevice(name) || seen.contains(name)) continue;
      RETURN_IF_ERROR(AddDevice(device, std::filesystem::path(driver).filename().native(), rails));
      if (rails.size() > before) seen.insert(name);
    }
  }
  return rails;
}

void NameTheInputOfThor(std::vector<Rail>& rails) {
  const auto is_thor = [](const Rail& rail) { return rail.name == kRailOfThor; };
  if (std::none_of(rails.begin(), rails.end(), is_thor)) return;
  for (Rail& rail : rails) {
    if (rail.name.empty()) rail.name = "VIN";
  }
}

std::vector<std::string> Names(const std::vector<Rail>& rails) {
  std::vector<std::string> names;
  for (const Rail& rail : rails) {
    if (!rail.name.empty()) names.push_back(rail.name);
  }
  return names;
}

struct Averaging {
  nanoseconds time;
  std::string how;
};

// `update_interval` is samples x channels x both conversion times (kernel Documentation/hwmon/ina3221); where it is not
// told, the driver's first setting of 1.1 ms a conversion is assumed.
Averaging AveragingOf(const Rail& rail) {
  const auto samples = ReadSysfsInteger(rail.folder / "samples");
  const auto interval_ms = ReadSysfsInteger(rail.folder / "update_interval");
  const bool has_samples = samples.ok() && *samples >= 1 && *samples <= 1024;
  const std::string of = has_samples ? fmt::format(" of {} samples", *samples) : "";
  if (interval_ms.ok() && *interval_ms >= 0 && *interval_ms <= 60'000) {
    const std::chrono::milliseconds interval(std::max<std::int64_t>(*interval_ms, 1));
    return {interval, fmt::format("mean{} over {} ms", of, interval.count())};
  }
  if (has_samples) {
    const auto time = *samples * 2 * kChannels * std::chrono::microseconds(1100);
    return {time, fmt::format("mean{} over about {} ms", of,
                              std::chrono::duration_cast<std::chrono::milliseconds>(time).count())};
  }
  return {std::chrono::milliseconds(100), "averaging not told"};
}

// One LSB of the rail's power as it stands: of the current at this voltage, of the voltage at this current.
double StepWatts(const Rail& rail) {
  if (rail.current_step_amps == 0) return 0;
  const auto voltage_mv = ReadSysfsInteger(rail.files.voltage_mv);
  const auto current_ma = ReadSysfsInteger(rail.files.current_ma);
  const double volts = voltage_mv.ok() ? static_cast<double>(*voltage_mv) / kMilliPerUnit : 0;
  const double amps = current_ma.ok() ? static_cast<double>(*current_ma) / kMilliPerUnit : 0;
  return std::hypot(rail.current_step_amps * volts, kVoltageStep * amps);
}

Result<const Rail*> OnlyRail(const std::vector<Rail>& rails, const std::string& name) {
  const Rail* found = nullptr;
  for (const Rail& rail : rails) {
    if (rail.name != name) continue;
    if (found != nullptr) return {Code::kFailedPrecondition, "two rails are named " + name};
    found = &rail;
  }
  return found;
}

Result<std::unique_ptr<PowerGauge>> OpenTotal(const std::vector<Rail>& rails, const RailTotal& total) {
  PowerGaugeFacts facts{"ina3221", total.scope, {}, {}, total.relative_uncertainty, 0, kMostWatts};
  std::vector<RailFiles> files;
  std::string how;
  for (const std::string& name : total.rails) {
    ASSIGN_OR_RETURN(const Rail* rail, OnlyRail(rails, name));
    files.push_back(rail->files);
    facts.step_watts = std::hypot(facts.step_watts, StepWatts(*rail));
    Averaging averaging = AveragingOf(*rail);
    if (averaging.time >= facts.averaging) {  // the slowest sensor's
      facts.averaging = averaging.time;
      how = std::move(averaging.how);
    }
  }
  facts.detail = fmt::format("{}; {}", fmt::join(total.rails, " + "), how);
  return RailGauge::Open(std::move(facts), files);
}

}  // namespace

Result<RailTotal> ChooseRails(const std::vector<std::string>& names) {
  const auto is_there = [&](const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  for (const Total& total : Totals()) {
    if (!std::all_of(total.rails.begin(), total.rails.end(), is_there)) continue;
    return RailTotal{total.rails, total.scope, total.relative_uncertainty};
  }
  return {Code::kFailedPrecondition, fmt::format("its rails ({}) are no total that is known", fmt::join(names, ", "))};
}

bool IsI2cDevice(std::string_view name) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); };
  const std::size_t dash = name.find('-');
  if (dash == std::string_view::npos || dash == 0 || dash > 4 || name.size() != dash + 5) return false;
  const std::string_view address = name.substr(dash + 1);
  return std::all_of(name.begin(), name.begin() + static_cast<std::ptrdiff_t>(dash), is_digit) &&
         address.starts_with("00") && std::all_of(address.begin(), address.end(), is_hex);
}

Result<std::unique_ptr<EnergySource>> OpenIna3221(const EnergyRoots& roots) {
  ASSIGN_OR_RETURN(std::vector<Rail> rails, FindRails(roots.sysfs));
  NameTheInputOfThor(rails);
  const std::vector<std::string> names = Names(rails);
  if (names.empty()) return {Code::kNotFound, "no rail of a sensor in " + (roots.sysfs / "bus/i2c").string()};
  ASSIGN_OR_RETURN(const RailTotal total, ChooseRails(names));
  ASSIGN_OR_RETURN(std::unique_ptr<PowerGauge> gauge, OpenTotal(rails, total));
  return std::unique_ptr<EnergySource>(new GaugeSource(std::move(gauge), roots.clock));
}

}  // namespace inferometer::probe
