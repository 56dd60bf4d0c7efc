#pragma once
// A board's power at its operating points, measured once with a meter by `inferometer doctor --calibrate`, as a JSON
// file. With it, energy is P_prefill x t_prefill + P_decode x t_decode.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "os/files.h"
#include "os/machine.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

struct OperatingPoint {
  double watts;
  double sd_watts;
};

struct PowerProfile {
  std::string machine;      // the board or CPU that was measured; must be the one at hand
  std::string measured_at;  // UTC, RFC 3339
  std::string source;       // the meter: name and scope as in EnergySourceFacts
  std::string scope;
  std::string model_name;  // what was run
  int threads = 0;
  OperatingPoint idle{};
  OperatingPoint prefill{};
  OperatingPoint decode{};
};

// k = 2, relative: one model's operating points stand for another's, one day's for another's.
inline constexpr double kCalibratedUncertainty = 0.15;

inline constexpr std::size_t kLargestProfileBytes = 65536;

// kDataLoss with byte and field for what is not a profile of schema 1; numbers are bounded, texts short. Unknown keys
// are passed over.
[[nodiscard]] Result<PowerProfile> ParsePowerProfile(std::string_view json);
// The same with the file in the message; kNotFound, kPermissionDenied, kResourceExhausted where it cannot be read.
[[nodiscard]] Result<PowerProfile> ReadPowerProfile(const std::filesystem::path& file);
// Ends with a line break. Reads back as the same profile, watts to the microwatt.
[[nodiscard]] std::string PowerProfileAsJson(const PowerProfile& profile);
// Whole or not at all; makes the folders above it.
[[nodiscard]] Status WritePowerProfile(os::FileCalls& calls, const std::filesystem::path& file,
                                       const PowerProfile& profile);

// How a profile calls the machine: the CPU's or board's name, else the host's, and the number of CPUs.
[[nodiscard]] std::string MachineNameOf(const os::Machine& machine);
// kFailedPrecondition with both names where the profile is of another machine than `machine_name`.
[[nodiscard]] Status CheckIsOfMachine(const PowerProfile& profile, std::string_view machine_name);

// $INFEROMETER_POWER_PROFILE's default: $XDG_CONFIG_HOME or ~/.config, then inferometer/power-profile.json. Absent
// where there is no home.
[[nodiscard]] std::optional<std::filesystem::path> DefaultPowerProfile();

[[nodiscard]] Energy CalibratedEnergy(const OperatingPoint& point, std::chrono::nanoseconds duration);

}  // namespace inferometer::probe
