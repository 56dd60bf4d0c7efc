#include "base/timestamp.h"

#include <cstdio>

namespace inferometer::base {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kEarliest{};
constexpr WallTime kEndOf2199{std::chrono::sys_days{std::chrono::year{2200} / std::chrono::January / 1}};

struct CivilTime {
  std::chrono::year_month_day date;
  std::chrono::hh_mm_ss<microseconds> time_of_day;
};

CivilTime ToCivil(WallTime time) {
  const auto day = std::chrono::floor<days>(time);
  return {std::chrono::year_month_day(day), std::chrono::hh_mm_ss<microseconds>(time - day)};
}

// Consumes fixed-width digits and single characters from the front of a text.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool Digits(int count, int* value) {
    *value = 0;
    for (int i = 0; i < count; ++i) {
      if (!AtDigit()) return false;
      *value = *value * 10 + (Take() - '0');
    }
    return true;
  }
  bool Char(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    return true;
  }
  [[nodiscard]] bool AtDigit() const { return !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  char Take() {
    const char c = rest_.front();
    rest_.remove_prefix(1);
    return c;
  }
  [[nodiscard]] bool AtEnd() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

bool ScanFraction(Scanner& in, microseconds* fraction) {
  *fraction = microseconds(0);
  if (!in.Char('.')) return true;
  if (!in.AtDigit()) return false;
  int scale = 100'000;
  for (; in.AtDigit(); scale /= 10) *fraction += microseconds((in.Take() - '0') * scale);
  return true;
}

bool ScanZone(Scanner& in, minutes* east_of_utc) {
  *east_of_utc = minutes(0);
  if (in.AtEnd() || in.Char('Z') || in.Char('z')) return in.AtEnd();
  const bool east = in.Char('+');
  if (!east && !in.Char('-')) return false;
  int hour = 0;
  int minute = 0;
  if (!in.Digits(2, &hour) || !in.Char(':') || !in.Digits(2, &minute) || hour > 23 || minute > 59) return false;
  *east_of_utc = (east ? 1 : -1) * (hours(hour) + minutes(minute));
  return in.AtEnd();
}

bool ScanTimestamp(std::string_view text, WallTime* time) {
  Scanner in(text);
  int year = 0;
  int month = 0;
  int day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (!in.Digits(4, &year) || !in.Char('-') || !in.Digits(2, &month) || !in.Char('-') || !in.Digits(2, &day))
    return false;
  if (!in.Char('T') && !in.Char(' ')) return false;
  if (!in.Digits(2, &hour) || !in.Char(':') || !in.Digits(2, &minute) || !in.Char(':') || !in.Digits(2, &second))
    return false;
  microseconds fraction{};
  minutes east_of_utc{};
  if (!ScanFraction(in, &fraction) || !ScanZone(in, &east_of_utc)) return false;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok() || year < 1970 || year > 2199 || hour > 23 || minute > 59 || second > 60) return false;
  *time = std::chrono::sys_days(date) + hours(hour) + minutes(minute) + seconds(second) + fraction - east_of_utc;
  // In UTC, too: else what is written of it could not be read again.
  return *time >= kEarliest && *time < kEndOf2199;
}

}  // namespace

std::string FormatRfc3339(WallTime time) {
  const CivilTime civil = ToCivil(time);
  char text[64];
  std::snprintf(
      text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%06dZ", static_cast<int>(civil.date.year()),
      static_cast<unsigned>(civil.date.month()), static_cast<unsigned>(civil.date.day()),
      static_cast<int>(civil.time_of_day.hours().count()), static_cast<int>(civil.time_of_day.minutes().count()),
      static_cast<int>(civil.time_of_day.seconds().count()), static_cast<int>(civil.time_of_day.subseconds().count()));
  return text;
}

std::string FormatCompactSecond(WallTime time) {
  const CivilTime civil = ToCivil(time);
  char text[64];
  std::snprintf(text, sizeof text, "%04d%02u%02u_%02d%02d%02d", static_cast<int>(civil.date.year()),
                static_cast<unsigned>(civil.date.month()), static_cast<unsigned>(civil.date.day()),
                static_cast<int>(civil.time_of_day.hours().count()),
                static_cast<int>(civil.time_of_day.minutes().count()),
                static_cast<int>(civil.time_of_day.seconds().count()));
  return text;
}

Result<WallTime> ParseTimestamp(std::string_view text) {
  WallTime time;
  if (ScanTimestamp(text, &time)) return time;
  return {Code::kInvalidArgument, "not a timestamp of the form 2025-10-07T10:30:15.123456Z"};
}

}  // namespace inferometer::base
