#pragma once
// Which model on which device takes the least energy, as far as the figures can say.

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "analyze/analysis.h"

namespace inferometer::analyze {

// One group in a ranking. Rank 1 takes the least energy; equal figures share a rank.
struct Ranked {
  const Group* group = nullptr;
  std::optional<std::size_t> rank_per_inference;
  std::optional<std::size_t> rank_per_token;
  bool is_below_resolution = false;  // the energy's uncertainty is above half of it: it has no rank
};

// Groups whose energies may be compared: of one source and scope; where the source is a model, of one device, too,
// since a model's error of 60 % differs from device to device. Ordered by energy per inference. Without an energy
// source there are no ranks.
struct Ranking {
  std::optional<std::string> energy_source;
  std::optional<std::string> energy_scope;
  std::optional<std::string> device_id;  // where the ranking holds within one device only
  std::vector<Ranked> entries;
};

struct NotComparable {
  std::string first;  // "model/board of edge-device-01"
  std::string second;
  std::string reason;
};

struct Comparison {
  std::vector<Ranking> rankings;
  std::vector<NotComparable> not_comparable;  // each pair of rankings with energies; at most kMostPairs of them
  std::size_t pairs_left_out = 0;
};
inline constexpr std::size_t kMostPairs = 20;

// `groups` must outlive the answer. Ranks by the average energy of an inference and of a token, never by totals.
[[nodiscard]] Comparison Compare(const std::vector<Group>& groups);

}  // namespace inferometer::analyze
