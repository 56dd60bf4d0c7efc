#pragma once
// The one reader of a record's JSON: walks an object that simdjson holds and hands each known field to a sink.
// ParseRecord (json_read.h) and the analysis are its two sinks. Internal: simdjson's types appear here and nowhere
// above.
//
// Input is not trusted. Known fields are checked for type, range, length and repetition; unknown keys are passed over
// without being looked into, whatever they hold. Depth costs no stack. Every failure says at which byte and in which
// field.

#include <fmt/format.h>
#include <simdjson.h>

#include <bitset>
#include <charconv>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>

#include "base/timestamp.h"
#include "inferometer/status.h"
#include "record/fields.h"

namespace inferometer::record {

inline constexpr std::size_t kLongestText = 1024;
inline constexpr std::size_t kMostListItems = 64;

// The failure of `what` in `field` at `place` of `text`.
[[nodiscard]] inline Status JsonFailure(std::string_view text, const char* place, std::string_view field,
                                        std::string_view what) {
  const auto offset = static_cast<std::size_t>(place - text.data());
  std::string message = field.empty() ? fmt::format("byte {}: {}", offset, what)
                                      : fmt::format("byte {}, field \"{}\": {}", offset, field, what);
  return Status(Code::kDataLoss, std::move(message)).At(offset);
}

// The failure for simdjson's own error at the document's present place.
[[nodiscard]] inline Status JsonFailure(std::string_view text, simdjson::ondemand::document& document,
                                        std::string_view field, simdjson::error_code error) {
  const char* place = nullptr;
  if (document.current_location().get(place) != simdjson::SUCCESS) place = text.data() + text.size();
  return JsonFailure(text, place, field, simdjson::error_message(error));
}

// The failure when anything stands after the document's one value, which has been walked to its end.
[[nodiscard]] inline Status CheckNothingFollows(std::string_view text, simdjson::ondemand::document& document) {
  const char* place = nullptr;
  if (document.current_location().get(place) != simdjson::SUCCESS) return Ok();
  return JsonFailure(text, place, "", "text after the end of the JSON value");
}

// The spelling of a key as it stands in the text; escapes are not resolved, so an escaped spelling is an unknown key.
[[nodiscard]] inline std::string_view RawKey(simdjson::ondemand::raw_json_string key) {
  const char* begin = key.raw();
  const char* end = begin;
  while (*end != '"') end += *end == '\\' ? 2 : 1;
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Offers every entry of the object as `Status on_entry(std::string_view key, simdjson::ondemand::value)`, in order; the
// first failure ends the walk.
template <typename OnEntry>
[[nodiscard]] Status WalkObject(std::string_view text, simdjson::ondemand::document& document,
                                simdjson::ondemand::object object, OnEntry on_entry) {
  for (auto entry : object) {
    if (entry.error() != simdjson::SUCCESS) return JsonFailure(text, document, "", entry.error());
    simdjson::ondemand::raw_json_string key;
    if (const auto error = entry.key().get(key)) return JsonFailure(text, document, "", error);
    const std::string_view name = RawKey(key);
    simdjson::ondemand::value value;
    if (const auto error = entry.value().get(value)) return JsonFailure(text, document, name, error);
    RETURN_IF_ERROR(on_entry(name, value));
  }
  return Ok();
}

// The failure when objects and lists stand deeper in each other than `most`. Reading needs no such bound, since what is
// passed over costs no stack; it is for what other programs will read.
[[nodiscard]] inline Status CheckDepth(std::string_view text, std::size_t most) {
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"') in_string = !in_string;
    if (in_string) {
      if (c == '\\') ++i;
      continue;
    }
    if ((c == '{' || c == '[') && ++depth > most) {
      return JsonFailure(text, text.data() + i, "", fmt::format("nested deeper than {} levels", most));
    }
    if ((c == '}' || c == ']') && depth > 0) --depth;
  }
  return Ok();
}

// A number, correctly rounded; false for anything else and for what no double can hold. simdjson's get_double alone
// reads 0.95000000000000000000 as 0.0276628 before its release 3.6.3 (its issue 2093): what may have more digits than
// 64 bits hold is checked for its grammar there and converted here.
[[nodiscard]] inline bool TakeDouble(simdjson::ondemand::value& value, double* number) {
  constexpr std::size_t kAlwaysRight = 19;
  const std::string_view token = value.raw_json_token();
  if (value.get_double().get(*number)) return false;
  if (token.size() <= kAlwaysRight) return true;
  return std::from_chars(token.data(), token.data() + token.size(), *number).ec == std::errc();
}

// `Sink` has, each with an index into Fields():
//   bool Wants(std::size_t)                       false: the value is passed over unread
//   Status Time(std::size_t, WallTime)
//   Status Text(std::size_t, std::string_view)    also each item of a list of text; the view dies with the call
//   Status Real(std::size_t, double)
//   Status Integer(std::size_t, std::int64_t)
//   Status Boolean(std::size_t, bool)
// and may have
//   void PassedOver(std::string_view key)         of what is not read: unknown, unwanted, null, or an alias behind its
//   field
// An alias is offered like its field; a field that stands under its own name and under an alias is kept under its own
// name.
template <typename Sink>
class RecordWalk {
 public:
  // `text` is the whole document. All three must outlive the walk.
  RecordWalk(std::string_view text, simdjson::ondemand::document& document, Sink& sink)
      : text_(text), document_(document), sink_(sink) {}

  [[nodiscard]] Status Walk(simdjson::ondemand::object object) {
    seen_.reset();
    seen_alias_.reset();
    for (auto entry : object) {
      if (entry.error() != simdjson::SUCCESS) return JsonFailure(text_, document_, "", entry.error());
      simdjson::ondemand::raw_json_string key;
      if (const auto error = entry.key().get(key)) return JsonFailure(text_, document_, "", error);
      RETURN_IF_ERROR(Entry(RawKey(key), entry.value()));
    }
    return Ok();
  }

  // Which fields the last Walk met, under any name and not null.
  [[nodiscard]] bool Saw(std::size_t field) const { return seen_[field] || seen_alias_[field]; }

 private:
  Status Entry(std::string_view key, simdjson::simdjson_result<simdjson::ondemand::value> result) {
    const auto match = FindName(key);
    if (!match || !sink_.Wants(match->field)) return PassOver(key);
    simdjson::ondemand::value value;
    if (const auto error = result.get(value)) return JsonFailure(text_, document_, key, error);
    const char* place = value.raw_json_token().data();
    bool is_null = false;
    if (const auto error = value.is_null().get(is_null))
      return JsonFailure(text_, place, key, simdjson::error_message(error));
    if (is_null) return PassOver(key);
    auto& seen = match->alias_factor ? seen_alias_ : seen_;
    if (seen[match->field]) return JsonFailure(text_, place, key, "stands twice");
    seen.set(match->field);
    if (match->alias_factor && seen_[match->field]) return PassOver(key);
    return Value(*match, key, place, value);
  }

  Status PassOver(std::string_view key) {
    if constexpr (requires { sink_.PassedOver(key); }) sink_.PassedOver(key);
    return Ok();
  }

  Status Value(const NameMatch& match, std::string_view key, const char* place, simdjson::ondemand::value value) {
    const Field& field = Fields()[match.field];
    switch (field.type()) {
      case FieldType::kTime: return TakeTime(match.field, key, place, value);
      case FieldType::kText: return TakeText(match.field, key, place, value);
      case FieldType::kReal: return TakeReal(match, key, place, value);
      case FieldType::kInteger: return TakeInteger(match.field, key, place, value);
      case FieldType::kBoolean: return TakeBoolean(match.field, key, place, value);
      case FieldType::kTextList: return TakeTextList(match.field, key, place, value);
    }
    return Ok();
  }

  Status TakeReal(const NameMatch& match, std::string_view key, const char* place, simdjson::ondemand::value value) {
    double number = 0;
    if (!TakeDouble(value, &number)) return JsonFailure(text_, place, key, "not a number in range");
    number *= match.alias_factor.value_or(1.0);
    const Field& field = Fields()[match.field];
    if (number < field.lowest || number > field.highest) return OutOfRange(field, key, place);
    return sink_.Real(match.field, number);
  }
  Status TakeInteger(std::size_t index, std::string_view key, const char* place, simdjson::ondemand::value value) {
    std::int64_t number = 0;
    if (value.get_int64().get(number)) return JsonFailure(text_, place, key, "not a whole number in range");
    const Field& field = Fields()[index];
    const auto real = static_cast<double>(number);
    if (real < field.lowest || real > field.highest) return OutOfRange(field, key, place);
    return sink_.Integer(index, number);
  }
  Status TakeBoolean(std::size_t index, std::string_view key, const char* place, simdjson::ondemand::value value) {
    bool boolean = false;
    if (value.get_bool().get(boolean)) return JsonFailure(text_, place, key, "not true or false");
    return sink_.Boolean(index, boolean);
  }
  Status TakeText(std::size_t index, std::string_view key, const char* place, simdjson::ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, key, "not a valid string");
    if (text.size() > kLongestText) return JsonFailure(text_, place, key, "text longer than 1024 bytes");
    return sink_.Text(index, text);
  }
  Status TakeTime(std::size_t index, std::string_view key, const char* place, simdjson::ondemand::value value) {
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, key, "not a valid string");
    const auto time = base::ParseTimestamp(text);
    if (!time.ok()) return JsonFailure(text_, place, key, time.status().message());
    return sink_.Time(index, *time);
  }
  Status TakeTextList(std::size_t index, std::string_view key, const char* place, simdjson::ondemand::value value) {
    simdjson::ondemand::array array;
    if (value.get_array().get(array)) return JsonFailure(text_, place, key, "not a list");
    std::size_t items = 0;
    for (auto item : array) {
      simdjson::ondemand::value text;
      if (item.get(text)) return JsonFailure(text_, place, key, "a damaged list");
      if (++items > kMostListItems) return JsonFailure(text_, place, key, "more than 64 items");
      RETURN_IF_ERROR(TakeText(index, key, place, text));
    }
    return Ok();
  }

  Status OutOfRange(const Field& field, std::string_view key, const char* place) const {
    return JsonFailure(text_, place, key, fmt::format("out of range ({} to {})", field.lowest, field.highest));
  }

  std::string_view text_;
  simdjson::ondemand::document& document_;
  Sink& sink_;
  std::bitset<kMostFields> seen_;
  std::bitset<kMostFields> seen_alias_;
};

// What every record must say, whoever wrote it. `saw(index)` answers for a field of the table.
// Returns the first missing field's name, or nothing.
template <typename Saw>
[[nodiscard]] std::string_view MissingField(const Saw& saw, bool failed) {
  static const std::size_t kTimestamp = FieldIndex("timestamp");
  static const std::size_t kDevice = FieldIndex("device_id");
  static const std::size_t kModel = FieldIndex("model_name");
  static const std::size_t kDuration = FieldIndex("inference_time_ms");
  for (const std::size_t field : {kTimestamp, kDevice, kModel}) {
    if (!saw(field)) return Fields()[field].name;
  }
  return failed || saw(kDuration) ? std::string_view() : Fields()[kDuration].name;
}

}  // namespace inferometer::record
