#include "analyze/plain_text.h"

#include <charconv>
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

// Behind the number that JSON's grammar finds at `at`, or nullptr.
const char* NumberEnd(const char* at) {
  if (*at == '-') ++at;
  const bool zero = *at == '0';
  const char* after = SomeDigits(at);
  if (after == nullptr || (zero && after != at + 1)) return nullptr;
  if (*after == '.') after = SomeDigits(after + 1);
  if (after == nullptr) return nullptr;
  if (*after != 'e' && *after != 'E') return after;
  ++after;
  if (*after == '+' || *after == '-') ++after;
  return SomeDigits(after);
}

}  // namespace

const char* ReadLongNumber(const char* place, double* value) {
  const char* end = NumberEnd(place);
  if (end == nullptr) return nullptr;
  const auto [stopped, error] = std::from_chars(place, end, *value);
  return error == std::errc() && stopped == end ? end : nullptr;
}

}  // namespace inferometer::analyze
