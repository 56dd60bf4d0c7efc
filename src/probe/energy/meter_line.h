#pragma once
// The text that an external meter sends: lines "time, watts".

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::probe {

inline constexpr std::size_t kMostMeterLineBytes = 256;  // without the newline
inline constexpr double kMostMeterWatts = 10'000;

struct MeterSample {
  std::chrono::nanoseconds stamp;  // of the meter's clock, whatever that is; never negative
  double watts;                    // 0 to kMostMeterWatts
};

// One line without its newline: seconds and watts, decimal, with a comma, a semicolon, a tab or spaces between them; a
// carriage return may stand at the end. Nothing where the line is empty or a comment ("#"). kInvalidArgument, with the
// byte, for anything else: a third value, NaN, a negative power, a line that is too long.
[[nodiscard]] Result<std::optional<MeterSample>> ParseMeterLine(std::string_view line);

// Makes lines of what comes in pieces, in bounded memory. Not thread-safe; allocates nothing after construction.
class MeterLines {
 public:
  MeterLines();
  // Hands each line that ends in `bytes` to `take`; the view lives until `take` returns. Of a line that is too long the
  // first kMostMeterLineBytes + 1 bytes are handed over.
  void Feed(std::string_view bytes, const std::function<void(std::string_view line)>& take);
  // Forgets the beginning of a line that will not end.
  void Clear() { begun_.clear(); }

 private:
  std::string begun_;
};

}  // namespace inferometer::probe
