#include "analyze/compare/holm.h"

#include <algorithm>
#include <cstddef>
#include <numeric>

namespace inferometer::analyze {

std::vector<Adjusted> Holm(std::span<const double> p_values) {
  std::vector<std::size_t> order(p_values.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t x, std::size_t y) { return p_values[x] < p_values[y]; });
  std::vector<Adjusted> adjusted(p_values.size());
  double so_far = 0;
  double level = kFalseVerdictRate;
  bool all_rejected = true;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto left = static_cast<double>(order.size() - i);
    if (all_rejected) level = kFalseVerdictRate / left;  // from the first that is not rejected on, all keep its level
    so_far = std::max(so_far, std::min(1.0, left * p_values[order[i]]));
    adjusted[order[i]] = {so_far, level};
    all_rejected = all_rejected && so_far <= kFalseVerdictRate;
  }
  return adjusted;
}

}  // namespace inferometer::analyze
