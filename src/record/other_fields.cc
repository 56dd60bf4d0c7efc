#include "record/other_fields.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <cmath>
#include <optional>

#include "record/fields.h"
#include "record/json_walk.h"

namespace inferometer::record {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

constexpr double kSameWithin = 1e-3;

std::string_view Trimmed(std::string_view text) {
  const auto last = text.find_last_not_of(" \t\r\n");
  return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

// The value's own text; nothing where it is not JSON.
std::optional<std::string_view> RawText(value content) {
  json_type type{};
  if (content.type().get(type)) return std::nullopt;
  std::string_view text;
  if (type == json_type::object) {
    simdjson::ondemand::object object;
    if (content.get_object().get(object) || object.raw_json().get(text)) return std::nullopt;
  } else if (type == json_type::array) {
    simdjson::ondemand::array list;
    if (content.get_array().get(list) || list.raw_json().get(text)) return std::nullopt;
  } else {
    text = content.raw_json_token();
  }
  return Trimmed(text);
}

// Puts the object together.
class Collector {
 public:
  explicit Collector(std::string_view text) : text_(text) {}

  Status Take(std::string_view key, value content) {
    const char* place = content.raw_json_token().data();
    const auto match = FindName(key);
    if (match && !match->alias_factor) return TakeField(match->field, content);
    const auto raw = RawText(content);
    if (!raw) return JsonFailure(text_, place, key, "not JSON");
    if (match && IsSame(*match, *raw)) return Ok();
    object_ += fmt::format("{}\"{}\":{}", object_.empty() ? "{" : ",", key, *raw);
    if (object_.size() <= kMostOtherBytes) return Ok();
    return {Code::kResourceExhausted, fmt::format("keys that are not known take more than {} bytes", kMostOtherBytes)};
  }
  std::string Finish() && { return object_.empty() ? object_ : object_ + "}"; }

 private:
  // Reals are remembered for the aliases behind them.
  Status TakeField(std::size_t field, value content) {
    double real = 0;
    if (Fields()[field].type() == FieldType::kReal && TakeDouble(content, &real)) reals_[field] = real;
    return Ok();
  }
  [[nodiscard]] bool IsSame(const NameMatch& match, std::string_view raw) const {
    double number = 0;
    const auto [end, error] = std::from_chars(raw.data(), raw.data() + raw.size(), number);
    if (error != std::errc() || end != raw.data() + raw.size()) return raw == "null";
    const auto& real = reals_[match.field];
    if (!real) return true;  // it is read as the field
    return std::abs(number * *match.alias_factor - *real) <= kSameWithin * std::abs(*real);
  }

  std::string_view text_;
  std::string object_;
  std::array<std::optional<double>, kMostFields> reals_;
};

// On demand, what is passed over is not looked into: its text may be no JSON.
bool IsJson(const std::string& text) {
  simdjson::dom::parser parser;
  return parser.parse(text).error() == simdjson::SUCCESS;
}

}  // namespace

Result<std::string> OtherFields(std::string_view json) {
  const simdjson::padded_string padded(json);
  const std::string_view text(padded.data(), padded.size());
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return JsonFailure(text, text.data(), "", "not an object");
  Collector collector(text);
  RETURN_IF_ERROR(WalkObject(text, document, object,
                             [&](std::string_view key, value content) { return collector.Take(key, content); }));
  std::string others = std::move(collector).Finish();
  if (!others.empty() && !IsJson(others)) return JsonFailure(text, text.data(), "", "a value that is not JSON");
  return others;
}

}  // namespace inferometer::record
