#include "probe/survey/reading_cost.h"

#include <algorithm>
#include <vector>

namespace inferometer::probe {

double ReadingCostUs(const std::function<void()>& read, const base::Clock& clock) {
  constexpr std::size_t kLeast = 3;
  constexpr std::size_t kMost = 21;
  constexpr std::chrono::milliseconds kLongest{100};
  read();
  std::vector<double> costs_us;
  const auto since = clock.Steady();
  while (costs_us.size() < kLeast || (costs_us.size() < kMost && clock.Steady() - since < kLongest)) {
    const auto begin = clock.Steady();
    read();
    costs_us.push_back(std::chrono::duration<double, std::micro>(clock.Steady() - begin).count());
  }
  const auto middle = costs_us.begin() + static_cast<std::ptrdiff_t>(costs_us.size() / 2);
  std::nth_element(costs_us.begin(), middle, costs_us.end());
  return *middle;
}

}  // namespace inferometer::probe
