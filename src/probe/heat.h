#pragma once
// How warm the machine was in a window, whether it throttled, and how fast its CPUs ran.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "probe/energy_roots.h"

namespace inferometer::probe {

// What a window's heat was. Absent is what no source of this machine tells.
struct HeatAnswer {
  std::optional<double> start_celsius;
  std::optional<double> most_celsius;
  std::string temperature_source;               // the sensor's name; empty without a temperature
  std::optional<bool> throttled;                // absent, never false, where nothing tells
  std::vector<std::string> reasons;             // see the field throttle_reasons
  std::optional<std::int64_t> throttle_events;  // where a counter tells
  std::optional<double> cpu_mhz;
  std::string frequency_source;  // empty without cpu_mhz
};

}  // namespace inferometer::probe
