#include "cli/number_list.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>
#include <system_error>

namespace inferometer::cli {
namespace {

// Takes digits from the front; nothing where there are none, or too many.
std::optional<int> TakeNumber(std::string_view& rest) {
  int number = 0;
  const bool is_digit = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';  // from_chars takes a sign, too
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (!is_digit || error != std::errc()) return std::nullopt;
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  return number;
}

struct Range {
  int first = 0;
  int last = 0;
  char way = '+';
  int step = 1;

  [[nodiscard]] std::int64_t After(std::int64_t number) const { return way == '+' ? number + step : number * step; }
};

std::optional<Range> ReadRange(std::string_view word) {
  Range range;
  const auto first = TakeNumber(word);
  if (!first) return std::nullopt;
  range.first = range.last = *first;
  if (word.empty()) return range;
  if (word.front() != '-') return std::nullopt;
  word.remove_prefix(1);
  const auto last = TakeNumber(word);
  if (!last) return std::nullopt;
  range.last = *last;
  if (word.empty()) return range;
  range.way = word.front();
  word.remove_prefix(1);
  const auto step = TakeNumber(word);
  if (!step || !word.empty() || (range.way != '+' && range.way != '*')) return std::nullopt;
  range.step = *step;
  return range;
}

Status Append(const std::string& word, int least, int most, std::vector<int>& numbers) {
  const auto range = ReadRange(word);
  const auto refused = [&](const std::string& why) { return Status(Code::kInvalidArgument, word + " " + why); };
  if (!range) return refused("is no whole number and no range like 1-8, 2-8+2 or 64-512*2");
  if (range->first > range->last) return refused("is a range without a number: its first is above its last");
  if (range->first < least || range->last > most) return refused(fmt::format("is not from {} to {}", least, most));
  for (std::int64_t number = range->first; number <= range->last; number = range->After(number)) {
    if (numbers.size() == kMostNumbers) return refused(fmt::format("makes more than {} numbers", kMostNumbers));
    numbers.push_back(static_cast<int>(number));
    if (range->After(number) <= number) return refused("never comes to its last number");
  }
  return Ok();
}

}  // namespace

Result<std::vector<int>> ParseNumberList(const std::vector<std::string>& words, int least, int most) {
  std::vector<int> numbers;
  for (const std::string& word : words) RETURN_IF_ERROR(Append(word, least, most, numbers));
  return numbers;
}

}  // namespace inferometer::cli
