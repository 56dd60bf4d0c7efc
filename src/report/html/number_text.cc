#include "report/html/number_text.h"

#include <fmt/format.h>

#include <cmath>
#include <iterator>

namespace inferometer::report::html {
namespace {

constexpr double kTooLongInDigits = 1e15;
constexpr const char* kMinus = "\u2212";

void GroupThousands(std::string& digits) {
  const std::size_t point = std::min(digits.find('.'), digits.size());
  for (std::size_t at = point; at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
}

// Decimals that leave three digits from the first one on that is not 0; none from 100 on.
int DecimalsOf(double magnitude) {
  if (magnitude == 0 || magnitude >= 100) return 0;
  return std::min(9, 2 - static_cast<int>(std::floor(std::log10(magnitude))));
}

}  // namespace

std::string Fixed(double value, int decimals) {
  if (std::abs(value) >= kTooLongInDigits) return fmt::format("{:.3g}", value);
  std::string text = fmt::format("{:.{}f}", std::abs(value), decimals);
  GroupThousands(text);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return value < 0 && !is_zero ? kMinus + text : text;
}

std::string Figure(double value) { return Fixed(value, DecimalsOf(std::abs(value))); }

std::string Counted(std::size_t count, const char* one, const char* many) {
  return Fixed(static_cast<double>(count), 0) + " " + (count == 1 ? one : many);
}

std::string CountOf(std::size_t count) { return "n\u00a0=\u00a0" + Fixed(static_cast<double>(count), 0); }

std::string Lasting(std::chrono::microseconds time) {
  using Days = std::chrono::days;
  const auto days = std::chrono::duration_cast<Days>(time);
  const auto hours = std::chrono::duration_cast<std::chrono::hours>(time);
  const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(time);
  const auto with = [](auto count, const char* unit, auto rest, const char* smaller) {
    return rest == 0 ? fmt::format("{} {}", count, unit) : fmt::format("{} {} {} {}", count, unit, rest, smaller);
  };
  if (days.count() >= 10) return Fixed(static_cast<double>(days.count()), 0) + " d";
  if (days.count() > 0) return with(days.count(), "d", (hours - days).count(), "h");
  if (hours.count() > 0) return with(hours.count(), "h", (minutes - hours).count(), "min");
  if (minutes.count() > 0) return fmt::format("{} min", minutes.count());
  return Figure(std::chrono::duration<double>(time).count()) + " s";
}

}  // namespace inferometer::report::html
