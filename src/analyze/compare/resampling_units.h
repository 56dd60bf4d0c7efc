#pragma once
// What may be taken for independent in the values of two arms: what a bootstrap resamples and a rank test counts.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace inferometer::analyze {

// One value of one inference. `block` and `session` are numbers that the caller gave to names; below 0: none.
struct Observation {
  double value = 0;
  std::int32_t block = -1;
  std::int32_t session = -1;
};

// Arm A is what B is held against. Each in the order in which the inferences ran.
struct TwoArms {
  std::vector<Observation> a;
  std::vector<Observation> b;
};

enum class Units : std::uint8_t {
  kPairedBlocks,    // blocks that hold values of both arms: a block is drawn with all of them
  kSeparateBlocks,  // blocks of each arm
  kSessions,        // runs of a program, of each arm
  kMovingBlocks,    // no structure, or fewer than kLeastUnits of the above: each arm is one series
  kSeveral,         // not the same in all strata
};
// "paired blocks", ...
[[nodiscard]] std::string_view NameOf(Units units);

// Fewer cannot be told apart from chance: the least p of 5 pairs is 0.06.
inline constexpr std::size_t kLeastUnits = 6;

// One arm, cut up.
struct ArmUnits {
  std::vector<double> values;       // in run order
  std::vector<std::uint32_t> unit;  // of each value, from 0; of both arms alike where blocks are paired
  std::size_t units = 0;
};

struct Resampling {
  Units units = Units::kMovingBlocks;
  std::array<ArmUnits, 2> arms;
  std::array<std::size_t, 2> left_out{};  // values of blocks without the other arm, where blocks are paired
  // One number a unit, in run order, for tests and drift: the medians of an arm's units; of paired blocks one series of
  // the logarithms of B's median by A's; of moving blocks the values.
  std::vector<std::vector<double>> series;
};

// Blocks if all values have one, else sessions if all have one, else moving blocks. REQUIRES: neither arm is empty, all
// values above 0.
[[nodiscard]] Resampling ChooseUnits(const TwoArms& arms);

}  // namespace inferometer::analyze
