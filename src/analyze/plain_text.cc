#include "analyze/plain_text.h"

#include <simdjson.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <system_error>

namespace inferometer::analyze {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Behind at least one digit, or nullptr.
const char* SomeDigits(const char* at) {
  if (!IsDigit(*at)) return nullptr;
  while (IsDigit(*at)) ++at;
  return at;
}

// Behind the number that JSON's grammar finds at `at`, or nullptr; also for an exponent of more digits than simdjson
// takes.
const char* NumberEnd(const char* at) {
  constexpr std::ptrdiff_t kMostExponentDigits = 19;
  if (*at == '-') ++at;
  const bool zero = *at == '0';
  const char* after = SomeDigits(at);
  if (after == nullptr || (zero && after != at + 1)) return nullptr;
  if (*after == '.') after = SomeDigits(after + 1);
  if (after == nullptr) return nullptr;
  if (*after != 'e' && *after != 'E') return after;
  ++after;
  if (*after == '+' || *after == '-') ++after;
  const char* end = SomeDigits(after);
  return end != nullptr && end - after <= kMostExponentDigits ? end : nullptr;
}

// Digits taken in so far, as one whole number.
struct Mantissa {
  std::uint64_t value = 0;  // meaningless once `digits` is more than 19
  unsigned digits = 0;

  // Behind the first digits at `at`, up to 16 of them.
  const char* TakeDigits(const char* at) {
    const unsigned count = LeadingDigits(at);
    if (count == 0) return at;
    constexpr unsigned kWord = sizeof(std::uint64_t);
    Append(LoadWord(at), std::min(count, kWord));
    if (count > kWord) Append(LoadWord(at + kWord), count - kWord);
    digits += count;
    return at + count;
  }

 private:
  void Append(std::uint64_t word, unsigned count) {
    static constexpr std::uint64_t kPowers[] = {1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000};
    value = value * kPowers[count] + DigitsValue(word, count);
  }
};

// A number of at most 19 digits without exponent, which is what a shortest double is mostly printed as, by simdjson's
// own conversion; nullptr for every other.
const char* ReadUsualLength(const char* place, double* value) {
  constexpr unsigned kMostDigits = 19;  // below 2^64
  const bool negative = *place == '-';
  const char* at = place + static_cast<int>(negative);
  Mantissa mantissa;
  const char* after = mantissa.TakeDigits(at);
  const unsigned whole = mantissa.digits;
  if (whole == 0 || (*at == '0' && whole > 1)) return nullptr;
  if (*after == '.') {
    after = mantissa.TakeDigits(after + 1);
    if (mantissa.digits == whole) return nullptr;
  }
  if (mantissa.digits > kMostDigits || IsDigit(*after) || (*after | 0x20) == 'e') return nullptr;
  const auto power = -static_cast<std::int64_t>(mantissa.digits - whole);
  const bool done = simdjson::builtin::numberparsing::compute_float_64(power, mantissa.value, negative, *value);
  return done ? after : nullptr;
}

}  // namespace

const char* ReadAnyNumber(const char* place, double* value) {
  if (const char* after = ReadUsualLength(place, value)) return after;
  const char* end = NumberEnd(place);
  if (end == nullptr) return nullptr;
  const auto [stopped, error] = std::from_chars(place, end, *value);
  return error == std::errc() && stopped == end ? end : nullptr;
}

}  // namespace inferometer::analyze
