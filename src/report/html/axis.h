#pragma once
// From values to places on a picture, with marks at round numbers.

#include <string>
#include <vector>

namespace inferometer::report::html {

struct Tick {
  double at = 0;  // a value
  std::string label;
};

// Where an axis begins, where the values allow a choice.
enum class Zero {
  kAlways,    // for bars, and for magnitudes that are compared by length
  kWhenNear,  // when the smallest value is below half of the largest
  kNever,     // where 0 means nothing, as in degrees Celsius
};

// One direction of a picture. Copyable value.
class Axis {
 public:
  // Holds `low` to `high`, with at most `most` ticks, from a round number to a round number. Equal values stand in the
  // middle. REQUIRES: low <= high, finite; most >= 2.
  [[nodiscard]] static Axis Linear(double low, double high, Zero zero, int most);
  // Logarithmic where the values reach over kWide times the smallest and all are above 0, as Linear otherwise.
  [[nodiscard]] static Axis ForWide(double low, double high, Zero zero, int most);
  // No round numbers: begins and ends with the values.
  [[nodiscard]] static Axis Exactly(double low, double high, int most);

  // 0 at the beginning, 1 at the end; values beyond stand at the ends.
  [[nodiscard]] double Place(double value) const;

  [[nodiscard]] const std::vector<Tick>& ticks() const { return ticks_; }
  [[nodiscard]] bool is_log() const { return is_log_; }
  [[nodiscard]] double low() const { return low_; }
  [[nodiscard]] double high() const { return high_; }
  // What a reader must know who takes lengths for values: "log scale", "axis from 60"; empty where it begins at 0,
  // and where it was made Exactly, since then nobody takes it for one that does.
  [[nodiscard]] std::string Remark() const;

  static constexpr double kWide = 50;

 private:
  Axis(double low, double high, bool is_log) : low_(low), high_(high), is_log_(is_log) {}
  void AddLinearTicks(double step);
  void AddLogTicks(int most);

  double low_;
  double high_;
  bool is_log_;
  bool is_exact_ = false;
  std::vector<Tick> ticks_;
};

}  // namespace inferometer::report::html
