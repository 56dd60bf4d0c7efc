#pragma once
// What one reading costs, measured here and now.

#include <chrono>
#include <functional>

#include "base/clock.h"

namespace inferometer::probe {

// Median of up to 21 readings after one that warms up, in microseconds; at least 3, and no more once they have taken
// 100 ms. In a window, after seconds of other work, a reading costs several times as much: caches are cold there.
[[nodiscard]] double ReadingCostUs(const std::function<void()>& read, const base::Clock& clock);

}  // namespace inferometer::probe
