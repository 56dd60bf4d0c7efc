#include "analyze/summary_block.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <string>

#include "analyze/statistics.h"
#include "record/json_walk.h"

namespace inferometer::analyze {
namespace {

using simdjson::ondemand::document;
using simdjson::ondemand::object;
using simdjson::ondemand::value;

constexpr std::string_view kCounts[] = {kTotalInferences, kFailedInferences};
constexpr double kRelativeTolerance = 1e-9;

template <typename Range>
bool Contains(const Range& range, std::string_view name) {
  return std::find(std::begin(range), std::end(range), name) != std::end(range);
}

bool IsBlock(std::string_view name) {
  return std::any_of(std::begin(kBlockNames), std::end(kBlockNames), [&](auto block) { return block == name; });
}

// One object of the block: its numbers become claims.
class ClaimReader {
 public:
  ClaimReader(std::string_view text, document& document, FileRecords& records)
      : text_(text), document_(document), records_(records) {}

  template <typename EachEntry>
  Status ForEach(object entries, EachEntry each) {
    for (auto entry : entries) {
      if (entry.error() != simdjson::SUCCESS) return record::JsonFailure(text_, document_, "summary", entry.error());
      simdjson::ondemand::raw_json_string key;
      if (const auto error = entry.key().get(key)) return record::JsonFailure(text_, document_, "summary", error);
      value content;
      if (const auto error = entry.value().get(content)) return record::JsonFailure(text_, document_, "summary", error);
      RETURN_IF_ERROR(each(record::RawKey(key), content));
    }
    return Ok();
  }

  Status Block(std::string_view block, value content) {
    const char* place = content.raw_json_token().data();
    if (IsNull(content)) return Ok();
    object entries;
    if (content.get_object().get(entries)) return record::JsonFailure(text_, place, block, "not an object");
    return ForEach(entries, [&](std::string_view key, value number) {
      return Contains(kStatisticNames, key) ? Number(std::string(block) + "." + std::string(key), number) : Ok();
    });
  }

  Status Number(const std::string& field, value content) {
    const std::string_view token = content.raw_json_token();
    if (IsNull(content)) return Ok();
    double number = 0;
    if (!record::TakeDouble(content, &number))
      return record::JsonFailure(text_, token.data(), field, "not a number in range");
    records_.AddClaim({field, number, HalfLastDigit(token) + kRelativeTolerance * std::fabs(number)});
    return Ok();
  }

 private:
  static bool IsNull(value& content) {
    bool is_null = false;
    return content.is_null().get(is_null) == simdjson::SUCCESS && is_null;
  }

  std::string_view text_;
  document& document_;
  FileRecords& records_;
};

}  // namespace

double HalfLastDigit(std::string_view number) {
  int decimals = 0;
  bool after_point = false;
  std::size_t i = 0;
  for (; i < number.size() && number[i] != 'e' && number[i] != 'E'; ++i) {
    const bool is_digit = number[i] >= '0' && number[i] <= '9';
    decimals += static_cast<int>(after_point && is_digit);
    after_point = after_point || number[i] == '.';
  }
  int exponent = 0;
  if (i < number.size()) {
    const std::size_t digits = i + 1 + static_cast<std::size_t>(i + 1 < number.size() && number[i + 1] == '+');
    std::from_chars(number.data() + std::min(digits, number.size()), number.data() + number.size(), exponent);
  }
  return 0.5 * std::pow(10.0, std::clamp(exponent, -400, 400) - decimals);
}

bool IsInSummary(std::string_view key) {
  return key == "device_id" || key == "model_name" || Contains(kCounts, key) || IsBlock(key);
}

Status ReadSummary(std::string_view text, document& document, object summary, FileRecords& records) {
  ClaimReader reader(text, document, records);
  return reader.ForEach(summary, [&](std::string_view key, value content) {
    if (Contains(kCounts, key)) return reader.Number(std::string(key), content);
    return IsBlock(key) ? reader.Block(key, content) : Ok();
  });
}

}  // namespace inferometer::analyze
