#pragma once
// From moments to places on a picture, with long gaps folded.

#include <string>
#include <vector>

#include "inferometer/record.h"

namespace inferometer::report::html {

// A stretch of time in which something was recorded.
struct Stretch {
  WallTime first;
  WallTime last;
};

// A gap that is drawn in a fixed width, with its length written on it.
struct Fold {
  double left = 0;  // in pixels from the beginning
  double right = 0;
  std::chrono::microseconds lasting{};
};

struct TimeTick {
  double x = 0;
  std::string label;
  bool has_date = false;
};

// A time axis of `width` pixels over all stretches. A gap that would take over a quarter of what is left of the axis
// when those longer than it are folded is folded, too: at most kMostFolds of them. Copyable value.
class TimeScale {
 public:
  // In any order. REQUIRES: not empty.
  TimeScale(std::vector<Stretch> stretches, double width);

  // Pixels from the beginning; what lies in a fold stands in its middle.
  [[nodiscard]] double Place(WallTime time) const;
  [[nodiscard]] const std::vector<Fold>& folds() const { return folds_; }
  // At round moments of UTC, those of each new day with the date.
  [[nodiscard]] std::vector<TimeTick> Ticks() const;

  static constexpr std::size_t kMostFolds = 6;
  static constexpr double kFoldWidth = 26;

 private:
  // A part of the axis that is drawn to scale.
  struct Part {
    WallTime first;
    WallTime last;
    double left = 0;
    double right = 0;
  };
  [[nodiscard]] std::chrono::microseconds MicrosecondsOf(double pixels) const;
  void AddTicks(const Part& part, std::chrono::microseconds step, std::vector<TimeTick>& ticks) const;

  std::vector<Part> parts_;
  std::vector<Fold> folds_;
  double pixels_per_us_ = 0;
  double margin_ = 0;  // within a part, at both of its ends
};

}  // namespace inferometer::report::html
