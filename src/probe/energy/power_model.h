#pragma once
// Energy from CPU use and a board's two power figures, where nothing measures it. An estimate: see kModelUncertainty.

#include <chrono>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::probe {

// Whole board, CPU only. Priors from published measurements, not a measurement of the board at hand.
struct BoardProfile {
  std::string_view name;
  double idle_watts;
  double busy_watts;  // all CPUs in use
};

// kInvalidArgument for an unknown name, with those known. The profile lives for the whole program.
[[nodiscard]] Result<const BoardProfile*> FindBoard(std::string_view name);

// Relative, k = 2.
inline constexpr double kModelUncertainty = 0.6;

// (idle + (busy - idle) x share of the CPUs in use) x duration. What other processes burn is not counted.
// REQUIRES: cpus > 0.
[[nodiscard]] double ModelEnergyMj(const BoardProfile& board, std::chrono::nanoseconds duration,
                                   std::chrono::nanoseconds cpu_time, unsigned cpus);

}  // namespace inferometer::probe
