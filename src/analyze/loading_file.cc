#include "analyze/loading_file.h"

#include <simdjson.h>

#include <bitset>

#include "analyze/damage_place.h"
#include "base/timestamp.h"
#include "record/json_walk.h"

namespace inferometer::analyze {
namespace {

using simdjson::ondemand::document;
using simdjson::ondemand::value;

constexpr double kLongestLoadSeconds = 1e9;

class LoadingReader {
 public:
  LoadingReader(std::string_view text, document& document) : text_(text), document_(document) {}

  Result<ModelLoading> Read() {
    simdjson::ondemand::object object;
    if (const auto error = document_.get_object().get(object)) {
      return record::JsonFailure(text_, PlaceOf(error, text_), "", simdjson::error_message(error));
    }
    for (auto entry : object) {
      if (entry.error() != simdjson::SUCCESS) return Failure("", entry.error());
      simdjson::ondemand::raw_json_string key;
      if (const auto error = entry.key().get(key)) return Failure("", error);
      value content;
      if (const auto error = entry.value().get(content)) return Failure("", error);
      RETURN_IF_ERROR(Entry(record::RawKey(key), content));
    }
    RETURN_IF_ERROR(record::CheckNothingFollows(text_, document_));
    if (!seen_[0]) return record::JsonFailure(text_, text_.data(), "device_id", "missing");
    if (!seen_[1]) return record::JsonFailure(text_, text_.data(), "model_name", "missing");
    return loading_;
  }

 private:
  Status Failure(std::string_view field, simdjson::error_code error) {
    return record::JsonFailure(text_, document_, field, error);
  }
  Status Entry(std::string_view key, value content) {
    if (key == "device_id") return Text(0, key, content, &loading_.device_id);
    if (key == "model_name") return Text(1, key, content, &loading_.model_name);
    if (key == "timestamp") return Time(key, content);
    return key == "load_time_seconds" ? Seconds(key, content) : Ok();
  }
  Status Once(std::size_t which, std::string_view key, const char* place) {
    if (seen_[which]) return record::JsonFailure(text_, place, key, "stands twice");
    seen_.set(which);
    return Ok();
  }
  Status Text(std::size_t which, std::string_view key, value content, std::string* target) {
    const char* place = content.raw_json_token().data();
    RETURN_IF_ERROR(Once(which, key, place));
    std::string_view found;
    if (content.get_string().get(found)) return record::JsonFailure(text_, place, key, "not a valid string");
    if (found.size() > record::kLongestText)
      return record::JsonFailure(text_, place, key, "text longer than 1024 bytes");
    target->assign(found);
    return Ok();
  }
  Status Time(std::string_view key, value content) {
    const char* place = content.raw_json_token().data();
    std::string found;
    RETURN_IF_ERROR(Text(2, key, content, &found));
    const auto time = base::ParseTimestamp(found);
    if (!time.ok()) return record::JsonFailure(text_, place, key, time.status().message());
    loading_.timestamp = *time;
    return Ok();
  }
  Status Seconds(std::string_view key, value content) {
    const char* place = content.raw_json_token().data();
    RETURN_IF_ERROR(Once(3, key, place));
    bool is_null = false;
    if (content.is_null().get(is_null) == simdjson::SUCCESS && is_null) return Ok();
    double number = 0;
    if (!record::TakeDouble(content, &number)) return record::JsonFailure(text_, place, key, "not a number in range");
    if (number < 0 || number > kLongestLoadSeconds) return record::JsonFailure(text_, place, key, "out of range");
    loading_.load_time_seconds = number;
    return Ok();
  }

  std::string_view text_;
  document& document_;
  ModelLoading loading_;
  std::bitset<4> seen_;  // device, model, time, seconds
};

}  // namespace

Result<ModelLoading> ParseModelLoading(std::string_view json) {
  simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(json);
  const std::string_view text(padded);
  document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return record::JsonFailure(text, PlaceOf(error, text), "", simdjson::error_message(error));
  }
  return LoadingReader(text, document).Read();
}

}  // namespace inferometer::analyze
