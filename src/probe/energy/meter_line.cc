#include "probe/energy/meter_line.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

namespace inferometer::probe {
namespace {

constexpr std::string_view kBlanks = " \t";
constexpr double kMostSeconds = 9e9;  // what nanoseconds in 64 bits hold, less a little
constexpr double kNsPerSecond = 1e9;

// What is left of a line, and where it stands.
class Cursor {
 public:
  explicit Cursor(std::string_view line) : line_(line) {}

  [[nodiscard]] bool AtEnd() const { return at_ == line_.size(); }
  [[nodiscard]] char Next() const { return line_[at_]; }
  void PassBlanks() { at_ = std::min(line_.find_first_not_of(kBlanks, at_), line_.size()); }
  // Blanks with at most one comma or semicolon among them; false where there is none of all.
  [[nodiscard]] bool PassSeparator() {
    const std::size_t before = at_;
    PassBlanks();
    if (!AtEnd() && (Next() == ',' || Next() == ';')) ++at_;
    PassBlanks();
    return at_ > before;
  }
  [[nodiscard]] Result<double> PassNumber(const char* what, double most) {
    double number = 0;
    const char* const begin = line_.data() + at_;
    const auto [end, error] = std::from_chars(begin, line_.data() + line_.size(), number);
    if (error != std::errc() || !std::isfinite(number)) return Wrong(fmt::format("no number for the {}", what));
    if (number < 0 || number > most) return Wrong(fmt::format("the {} is not within 0 and {:g}", what, most));
    at_ += static_cast<std::size_t>(end - begin);
    return std::abs(number);  // "-0" is 0
  }
  [[nodiscard]] Status Wrong(std::string why) const { return Status(Code::kInvalidArgument, std::move(why)).At(at_); }

 private:
  std::string_view line_;
  std::size_t at_ = 0;
};

}  // namespace

Result<std::optional<MeterSample>> ParseMeterLine(std::string_view line) {
  if (line.size() > kMostMeterLineBytes) {
    return Status(Code::kInvalidArgument, fmt::format("the line is longer than {} bytes", kMostMeterLineBytes))
        .At(kMostMeterLineBytes);
  }
  if (line.ends_with('\r')) line.remove_suffix(1);
  Cursor cursor(line);
  cursor.PassBlanks();
  if (cursor.AtEnd() || cursor.Next() == '#') return std::optional<MeterSample>();
  ASSIGN_OR_RETURN(const double seconds, cursor.PassNumber("time", kMostSeconds));
  if (!cursor.PassSeparator()) return cursor.Wrong("no separator after the time");
  ASSIGN_OR_RETURN(const double watts, cursor.PassNumber("power", kMostMeterWatts));
  cursor.PassBlanks();
  if (!cursor.AtEnd()) return cursor.Wrong("more than a time and a power");
  return std::optional(MeterSample{std::chrono::nanoseconds(std::llround(seconds * kNsPerSecond)), watts});
}

MeterLines::MeterLines() { begun_.reserve(kMostMeterLineBytes + 1); }

void MeterLines::Feed(std::string_view bytes, const std::function<void(std::string_view line)>& take) {
  while (!bytes.empty()) {
    const std::size_t length = std::min(bytes.find('\n'), bytes.size());
    begun_.append(bytes.substr(0, std::min(length, kMostMeterLineBytes + 1 - begun_.size())));
    if (length == bytes.size()) return;
    take(begun_);
    begun_.clear();
    bytes.remove_prefix(length + 1);
  }
}

}  // namespace inferometer::probe
