#pragma once
// What the machine was told about its power: changes the speed of everything, so it belongs to the context of a run.

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::probe {

struct PowerModeRoots {
  std::filesystem::path sysfs = "/sys";
  // NVIDIA Jetson: what nvpmodel has set ("pmode:0002"), and what its modes are called.
  std::filesystem::path nvpmodel_status = "/var/lib/nvpmodel/status";
  std::filesystem::path nvpmodel_conf = "/etc/nvpmodel.conf";
};

// "nvpmodel=2 (MAXN_SUPER)"; elsewhere cpu0's governor and the limits of the first package, what of it there is:
// "governor=schedutil, PL1=15 W, PL2=25 W". Absent where the machine tells nothing. Opens files: once a run.
[[nodiscard]] std::optional<std::string> ReadPowerMode(const PowerModeRoots& roots);

// "pmode:0002" is 2. kDataLoss with the byte.
[[nodiscard]] Result<unsigned> ParseNvpmodelStatus(std::string_view text);
// The name of mode `id` in a line like "< POWER_MODEL ID=2 NAME=MAXN_SUPER >". Absent where there is none.
[[nodiscard]] std::optional<std::string> NvpmodelName(std::string_view conf, unsigned id);

}  // namespace inferometer::probe
