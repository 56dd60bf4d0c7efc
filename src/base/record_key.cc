#include "base/record_key.h"

#include <algorithm>
#include <charconv>
#include <system_error>
#include <utility>

#include "base/device_id.h"

namespace inferometer::base {
namespace {

constexpr std::size_t kStreamDigits = 16;
constexpr std::string_view kHexDigits = "0123456789abcdef";

bool IsHexDigit(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

template <typename Number>
bool ReadWhole(std::string_view text, int number_base, Number* number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *number, number_base);
  return error == std::errc() && end == text.data() + text.size();
}

Status WrongId(std::string_view part) {
  return {Code::kInvalidArgument, std::string("not a record id of the form device/stream/sequence: ").append(part)};
}

// Takes the text up to the next slash off the front of `rest`, and the slash; all of it when there is none.
std::string_view TakePart(std::string_view& rest) {
  const std::size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view part = rest.substr(0, slash);
  rest.remove_prefix(std::min(slash + 1, rest.size()));
  return part;
}

}  // namespace

std::string StreamText(std::uint64_t stream) {
  std::string text(kStreamDigits, '0');
  for (auto digit = text.rbegin(); digit != text.rend(); ++digit, stream >>= 4) *digit = kHexDigits[stream & 0xfU];
  return text;
}

std::optional<std::uint64_t> ParseStream(std::string_view text) {
  std::uint64_t stream = 0;
  if (text.size() != kStreamDigits || !std::all_of(text.begin(), text.end(), IsHexDigit)) return std::nullopt;
  if (!ReadWhole(text, 16, &stream)) return std::nullopt;
  return stream;
}

std::optional<std::uint64_t> ParseSequence(std::string_view text) {
  std::uint64_t sequence = 0;
  if (text.empty() || text.front() == '0' || !ReadWhole(text, 10, &sequence)) return std::nullopt;
  if (sequence > kLargestSequence) return std::nullopt;
  return sequence;
}

std::string RecordIdText(const RecordKey& key) {
  return std::string(key.device_id)
      .append("/")
      .append(StreamText(key.stream))
      .append("/")
      .append(std::to_string(key.sequence));
}

Result<RecordKey> ParseRecordId(std::string_view text) {
  if (text.size() > kLongestRecordId) return WrongId("it is longer than any");
  if (std::count(text.begin(), text.end(), '/') != 2) return WrongId("it has not three parts");
  const std::string_view device = TakePart(text);
  if (!IsCanonicalDeviceId(device)) return WrongId("the device is no device id in lower case");
  const auto stream = ParseStream(TakePart(text));
  if (!stream) return WrongId("the stream is not 16 lower-case hex digits");
  const auto sequence = ParseSequence(text);
  if (!sequence) return WrongId("the sequence is not a number from 1 to 9223372036854775807 without leading zeros");
  return RecordKey{std::string(device), *stream, *sequence};
}

}  // namespace inferometer::base
