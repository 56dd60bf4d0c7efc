#pragma once
// The one walk over a metrics file's JSON. Internal: simdjson's types appear here and nowhere above.
//
// Input is not trusted: what is not one object with one list of records is refused with its place; keys other than the
// three below are passed over, and so is a context that is no object.

#include <simdjson.h>

#include <string_view>

#include "analyze/damage_place.h"
#include "inferometer/status.h"
#include "record/json_walk.h"

namespace inferometer::analyze {

inline constexpr std::string_view kSummaryKey = "summary";
inline constexpr std::string_view kContextKey = "context";
inline constexpr std::string_view kRecordsKey = "detailed_metrics";

// `Handler` has
//   Status Summary(simdjson::ondemand::document&, simdjson::ondemand::object)
//   Status Context(simdjson::ondemand::document&, simdjson::ondemand::object)     may be left out
//   void PassedOver(std::string_view key)                                         may be left out: of what is not read
//   Status RecordsBegin(std::size_t offset_bytes)      the place of the list's bracket
//   Status Record(simdjson::ondemand::document&, simdjson::ondemand::object, const char* place)
template <typename Handler>
class MetricsFileWalk {
 public:
  // `text` is followed by SIMDJSON_PADDING readable bytes. All must outlive the walk.
  MetricsFileWalk(std::string_view text, simdjson::ondemand::parser& parser, Handler& handler)
      : text_(text), parser_(parser), handler_(handler) {}

  [[nodiscard]] Status Walk() {
    const auto error =
        parser_.iterate(text_.data(), text_.size(), text_.size() + simdjson::SIMDJSON_PADDING).get(document_);
    if (error) return record::JsonFailure(text_, PlaceOf(error, text_), "", simdjson::error_message(error));
    simdjson::ondemand::object object;
    if (const auto not_object = document_.get_object().get(object)) {
      return record::JsonFailure(text_, PlaceOf(not_object, text_), "", simdjson::error_message(not_object));
    }
    for (auto entry : object) {
      if (entry.error() != simdjson::SUCCESS) return Failure("", entry.error());
      simdjson::ondemand::raw_json_string key;
      if (const auto bad_key = entry.key().get(key)) return Failure("", bad_key);
      RETURN_IF_ERROR(Entry(record::RawKey(key), entry.value()));
    }
    RETURN_IF_ERROR(record::CheckNothingFollows(text_, document_));
    if (!saw_records_) return record::JsonFailure(text_, text_.data(), kRecordsKey, "missing");
    return Ok();
  }

 private:
  using Value = simdjson::simdjson_result<simdjson::ondemand::value>;

  Status Failure(std::string_view field, simdjson::error_code error) {
    return record::JsonFailure(text_, document_, field, error);
  }

  Status Entry(std::string_view key, Value result) {
    if (key == kContextKey) return Context(result);
    if (key != kSummaryKey && key != kRecordsKey) return PassOver(key);
    simdjson::ondemand::value value;
    if (const auto error = result.get(value)) return Failure(key, error);
    const char* place = value.raw_json_token().data();
    bool& saw = key == kSummaryKey ? saw_summary_ : saw_records_;
    if (saw) return record::JsonFailure(text_, place, key, "stands twice");
    saw = true;
    return key == kSummaryKey ? Summary(place, value) : Records(place, value);
  }

  Status PassOver(std::string_view key) {
    if constexpr (requires { handler_.PassedOver(key); }) handler_.PassedOver(key);
    return Ok();
  }

  Status Summary(const char* place, simdjson::ondemand::value value) {
    bool is_null = false;
    if (value.is_null().get(is_null) == simdjson::SUCCESS && is_null) return Ok();
    simdjson::ondemand::object summary;
    if (value.get_object().get(summary)) return record::JsonFailure(text_, place, kSummaryKey, "not an object");
    return handler_.Summary(document_, summary);
  }

  Status Context(Value result) {
    if constexpr (requires(simdjson::ondemand::object object) { handler_.Context(document_, object); }) {
      simdjson::ondemand::value value;
      if (const auto error = result.get(value)) return Failure(kContextKey, error);
      simdjson::ondemand::json_type type{};
      if (value.type().get(type) || type != simdjson::ondemand::json_type::object) return PassOver(kContextKey);
      simdjson::ondemand::object context;
      if (const auto error = value.get_object().get(context)) return Failure(kContextKey, error);
      return handler_.Context(document_, context);
    }
    return Ok();
  }

  Status Records(const char* place, simdjson::ondemand::value value) {
    simdjson::ondemand::array records;
    if (value.get_array().get(records)) return record::JsonFailure(text_, place, kRecordsKey, "not a list");
    RETURN_IF_ERROR(handler_.RecordsBegin(static_cast<std::size_t>(place - text_.data())));
    for (auto item : records) {
      simdjson::ondemand::value one;
      if (const auto error = item.get(one)) return Failure(kRecordsKey, error);
      const char* record_place = one.raw_json_token().data();
      simdjson::ondemand::object object;
      if (one.get_object().get(object))
        return record::JsonFailure(text_, record_place, kRecordsKey, "a record that is not an object");
      RETURN_IF_ERROR(handler_.Record(document_, object, record_place));
    }
    return Ok();
  }

  std::string_view text_;
  simdjson::ondemand::parser& parser_;
  Handler& handler_;
  simdjson::ondemand::document document_;
  bool saw_summary_ = false;
  bool saw_records_ = false;
};

}  // namespace inferometer::analyze
