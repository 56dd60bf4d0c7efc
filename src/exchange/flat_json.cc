#include "exchange/flat_json.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <utility>

#include "analyze/damage_place.h"
#include "record/json_walk.h"

namespace inferometer::exchange {
namespace {

using simdjson::ondemand::json_type;
using simdjson::ondemand::value;

}  // namespace

// Fills a FlatJson from one document. All must outlive it.
class FlatJsonReader {
 public:
  FlatJsonReader(std::string_view text, simdjson::ondemand::document& document, FlatJson& flat)
      : text_(text), document_(document), flat_(flat) {}

  Status Walk(simdjson::ondemand::object object, const std::string& prefix, std::size_t depth) {
    return record::WalkObject(text_, document_, object, [&](std::string_view key, value content) {
      std::string path = prefix;
      path.append(prefix.empty() ? "" : ".").append(key.substr(0, kLongestFlatText));
      return Put(path, content, depth);
    });
  }

 private:
  Status Put(const std::string& path, value content, std::size_t depth) {
    const char* place = content.raw_json_token().data();
    json_type type{};
    if (const auto error = content.type().get(type)) {
      return record::JsonFailure(text_, place, path, simdjson::error_message(error));
    }
    switch (type) {
      case json_type::null: return PutNull(path, place, content);
      case json_type::boolean: return PutBoolean(path, place, content);
      case json_type::number: return PutNumber(path, place, content);
      case json_type::string: return PutText(path, place, content);
      case json_type::object: return PutObject(path, place, content, depth);
      case json_type::array: return PutList(path, place, content, depth);
    }
    return Ok();
  }

  Status Add(std::string path, const char* place, FlatJson::Value added) {
    if (flat_.entries_.size() == kMostFlatEntries) return record::JsonFailure(text_, place, path, "too many entries");
    flat_.entries_.push_back({std::move(path), static_cast<std::size_t>(place - text_.data()), std::move(added)});
    return Ok();
  }

  Status PutNull(const std::string& path, const char* place, value content) {
    bool is_null = false;
    const auto error = content.is_null().get(is_null);
    return error || !is_null ? record::JsonFailure(text_, place, path, "not a JSON value") : Ok();
  }
  Status PutBoolean(const std::string& path, const char* place, value content) {
    bool boolean = false;
    if (content.get_bool().get(boolean)) return record::JsonFailure(text_, place, path, "not true or false");
    return Add(path, place, boolean);
  }
  Status PutNumber(const std::string& path, const char* place, value content) {
    std::int64_t whole = 0;
    if (!content.get_int64().get(whole)) return Add(path, place, whole);
    double real = 0;
    if (!record::TakeDouble(content, &real)) return record::JsonFailure(text_, place, path, "not a number in range");
    return Add(path, place, real);
  }
  Status PutText(const std::string& path, const char* place, value content) {
    std::string_view text;
    if (content.get_string().get(text)) return record::JsonFailure(text_, place, path, "not a valid string");
    if (text.size() > kLongestFlatText) return Add(path, place, FlatJson::OtherValue());
    return Add(path, place, std::string(text));
  }
  Status PutObject(const std::string& path, const char* place, value content, std::size_t depth) {
    simdjson::ondemand::object object;
    if (const auto error = content.get_object().get(object)) {
      return record::JsonFailure(text_, place, path, simdjson::error_message(error));
    }
    RETURN_IF_ERROR(Add(path, place, FlatJson::Object()));
    return depth == kDeepestFlatEntry ? Ok() : Walk(object, path, depth + 1);
  }

  Status PutList(const std::string& path, const char* place, value content, std::size_t depth) {
    simdjson::ondemand::array array;
    if (const auto error = content.get_array().get(array)) {
      return record::JsonFailure(text_, place, path, simdjson::error_message(error));
    }
    std::vector<std::int64_t> counts;
    bool is_counts = true;
    std::size_t index = 0;
    for (auto item : array) {
      value one;
      if (const auto error = item.get(one)) return record::JsonFailure(text_, document_, path, error);
      RETURN_IF_ERROR(PutItem(path, index++, one, depth, counts, is_counts));
    }
    return is_counts ? Add(path, place, std::move(counts)) : Add(path, place, FlatJson::OtherValue());
  }

  // Of a list that is long and no list of counts nothing but the first item is looked at.
  Status PutItem(const std::string& path, std::size_t index, value item, std::size_t depth,
                 std::vector<std::int64_t>& counts, bool& is_counts) {
    json_type type{};
    const char* place = item.raw_json_token().data();
    if (const auto error = item.type().get(type)) {
      return record::JsonFailure(text_, place, path, simdjson::error_message(error));
    }
    std::int64_t count = 0;
    if (is_counts && type == json_type::number && !item.get_int64().get(count)) {
      if (counts.size() == kMostFlatEntries) return record::JsonFailure(text_, place, path, "too many items");
      counts.push_back(count);
      return Ok();
    }
    is_counts = false;
    return index == 0 && type == json_type::object ? PutObject(path + ".0", place, item, depth + 1) : Ok();
  }

  std::string_view text_;
  simdjson::ondemand::document& document_;
  FlatJson& flat_;
};

Result<FlatJson> FlatJson::Parse(std::string_view json) {
  const simdjson::padded_string padded(json);
  const std::string_view text(padded.data(), padded.size());
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return record::JsonFailure(text, analyze::PlaceOf(error, text), "", simdjson::error_message(error));
  }
  simdjson::ondemand::object object;
  if (const auto error = document.get_object().get(object)) {
    const bool is_another = error == simdjson::INCORRECT_TYPE;
    return record::JsonFailure(text, analyze::PlaceOf(error, text), "",
                               is_another ? "not a JSON object" : simdjson::error_message(error));
  }
  FlatJson flat;
  RETURN_IF_ERROR(FlatJsonReader(text, document, flat).Walk(object, "", 0));
  RETURN_IF_ERROR(record::CheckNothingFollows(text, document));
  return flat;
}

const FlatJson::Entry* FlatJson::Find(std::string_view path) const {
  const auto found =
      std::find_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.path == path; });
  return found == entries_.end() ? nullptr : &*found;
}

const FlatJson::Entry* FlatJson::FindOne(std::string_view path) {
  const auto count =
      std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) { return entry.path == path; });
  if (count > 1) Refuse(path, "stands twice");
  return Find(path);
}

bool FlatJson::HasObject(std::string_view path) const {
  const Entry* entry = Find(path);
  return entry != nullptr && std::holds_alternative<Object>(entry->value);
}

void FlatJson::Refuse(std::string_view path, std::string_view why) {
  if (!status_.ok()) return;
  const Entry* entry = Find(path);
  const std::size_t offset = entry != nullptr ? entry->offset : 0;
  status_ = Status(Code::kDataLoss, fmt::format("byte {}, field \"{}\": {}", offset, path, why)).At(offset);
}

std::optional<double> FlatJson::Number(std::string_view path, double highest) {
  const Entry* entry = FindOne(path);
  if (entry == nullptr) return std::nullopt;
  std::optional<double> number;
  if (const auto* whole = std::get_if<std::int64_t>(&entry->value)) number = static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&entry->value)) number = *real;
  if (!number) {
    Refuse(path, "not a number");
  } else if (*number < 0 || *number > highest) {
    Refuse(path, fmt::format("out of range (0 to {})", highest));
    return std::nullopt;
  }
  return number;
}

std::optional<std::int64_t> FlatJson::Integer(std::string_view path) {
  const Entry* entry = FindOne(path);
  if (entry == nullptr) return std::nullopt;
  const auto* whole = std::get_if<std::int64_t>(&entry->value);
  if (whole == nullptr) {
    Refuse(path, "not a whole number");
    return std::nullopt;
  }
  return *whole;
}

std::optional<std::int64_t> FlatJson::Count(std::string_view path) {
  const auto whole = Integer(path);
  if (whole && *whole < 0) {
    Refuse(path, "not a whole number from 0 on");
    return std::nullopt;
  }
  if (whole && *whole > static_cast<std::int64_t>(kHighestFlatNumber)) {
    Refuse(path, fmt::format("out of range (0 to {})", kHighestFlatNumber));
    return std::nullopt;
  }
  return whole;
}

std::optional<std::string> FlatJson::Text(std::string_view path) {
  const Entry* entry = FindOne(path);
  if (entry == nullptr) return std::nullopt;
  const auto* text = std::get_if<std::string>(&entry->value);
  if (text == nullptr) {
    Refuse(path, "not a text of at most 1024 bytes");
    return std::nullopt;
  }
  return *text;
}

std::optional<bool> FlatJson::Boolean(std::string_view path) {
  const Entry* entry = FindOne(path);
  if (entry == nullptr) return std::nullopt;
  const auto* boolean = std::get_if<bool>(&entry->value);
  if (boolean == nullptr) {
    Refuse(path, "not true or false");
    return std::nullopt;
  }
  return *boolean;
}

std::vector<std::int64_t> FlatJson::Counts(std::string_view path) {
  const Entry* entry = FindOne(path);
  if (entry == nullptr) return {};
  const auto* counts = std::get_if<std::vector<std::int64_t>>(&entry->value);
  const bool is_good =
      counts != nullptr && std::all_of(counts->begin(), counts->end(), [](auto count) { return count >= 0; });
  if (!is_good) {
    Refuse(path, "not a list of whole numbers from 0 on");
    return {};
  }
  return *counts;
}

}  // namespace inferometer::exchange
