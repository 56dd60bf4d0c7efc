#include "telemetry/readings.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/timestamp.h"

namespace inferometer::telemetry {
namespace {

constexpr double kEndOf2199 = 7'258'118'400;

Status Wrong(std::string what) { return {Code::kInvalidArgument, std::move(what)}; }

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(), [](char a, char b) {
           return a == b || (a >= 'A' && a <= 'Z' && a - 'A' + 'a' == b);
         });
}

}  // namespace

Result<double> CheckRange(const NumberReading& reading, double value) {
  if (value >= reading.lowest && value <= reading.highest) return value;
  return Wrong(fmt::format("out of range ({} to {})", reading.lowest, reading.highest));
}

Result<double> NumberFromText(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value)) return value;
  return Wrong("not a number");
}

Result<bool> SwitchFromNumber(double value) {
  if (value == 0 || value == 1) return value == 1;
  return Wrong("not true or false");
}

Result<bool> SwitchFromText(std::string_view text) {
  if (text == "1" || EqualsIgnoringCase(text, "true")) return true;
  if (text == "0" || EqualsIgnoringCase(text, "false")) return false;
  return Wrong("not true or false");
}

Result<WallTime> TimeFromSeconds(double seconds) {
  if (!(seconds >= 0 && seconds < kEndOf2199)) return Wrong("not seconds since 1970, up to the year 2199");
  return WallTime(std::chrono::microseconds(std::llround(seconds * 1e6)));
}

Result<WallTime> TimeFromText(std::string_view text) {
  const auto number = NumberFromText(text);
  if (number.ok()) return TimeFromSeconds(*number);
  auto time = base::ParseTimestamp(text);
  if (time.ok()) return time;
  return Wrong("neither seconds since 1970 nor a timestamp of the form 2025-10-07T10:30:15Z");
}

}  // namespace inferometer::telemetry
