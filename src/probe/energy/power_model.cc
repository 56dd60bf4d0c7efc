#include "probe/energy/power_model.h"

#include <algorithm>
#include <cassert>
#include <string>

#include "base/units.h"

namespace inferometer::probe {
namespace {

using Seconds = std::chrono::duration<double>;

// Published figures differ by up to a factor of 2 for one board; a line takes a meter's over a model's, and the whole
// board's over the module's.
constexpr BoardProfile kBoards[] = {
    {"pi3", 1.4, 3.7},           // Pi 3 B: pidramble, USB meter (B+: 1.9, 5.1; PowerJoular's line: 1.1, 4.6)
    {"pi4", 2.7, 6.4},           // Pi 4 B: pidramble, USB meter (PowerJoular's line: 2.3, 6.8)
    {"pi5", 4.4, 9.9},           // idle PowerJoular; busy Geekbench, sbc-reviews #21 (LLM peaks at the wall: 10.9-13.9)
    {"jetson-nano", 2.9, 10.0},  // idle: a budget sheet, weak; busy: nvpmodel's 10 W cap
    {"orin-nano", 2.6, 15.0},    // idle: NVIDIA forum 348662, carrier, tuned; busy: the 15 W mode's cap
    {"n100", 6.5, 26.5},     // idle: half of light desktop use (12.9), no better source; busy: HPL, top500-benchmark
    {"generic", 3.1, 10.0},  // geometric means of the six above
};

std::string KnownBoards() {
  std::string names;
  for (const BoardProfile& board : kBoards) names += (names.empty() ? "" : ", ") + std::string(board.name);
  return names;
}

}  // namespace

Result<const BoardProfile*> FindBoard(std::string_view name) {
  const auto* const found = std::find_if(std::begin(kBoards), std::end(kBoards),
                                         [&](const BoardProfile& board) { return board.name == name; });
  if (found != std::end(kBoards)) return found;
  return {Code::kInvalidArgument,
          "no power profile for board '" + std::string(name.substr(0, 64)) + "'; known: " + KnownBoards()};
}

double ModelEnergyMj(const BoardProfile& board, std::chrono::nanoseconds duration, std::chrono::nanoseconds cpu_time,
                     unsigned cpus) {
  assert(cpus > 0);
  const double seconds = Seconds(duration).count();
  const double busy_seconds = std::clamp(Seconds(cpu_time).count() / cpus, 0.0, seconds);
  return base::kMjPerJ * (board.idle_watts * seconds + (board.busy_watts - board.idle_watts) * busy_seconds);
}

}  // namespace inferometer::probe
