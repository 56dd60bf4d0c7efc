#include "telemetry/sensor_message.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <bitset>
#include <iterator>

#include "base/device_id.h"
#include "record/json_walk.h"
#include "record/json_write.h"
#include "telemetry/readings.h"

namespace inferometer::telemetry {
namespace {

namespace ondemand = simdjson::ondemand;
using record::JsonFailure;

// Walks one document into a message.
class Reader {
 public:
  Reader(std::string_view text, ondemand::document& document) : text_(text), document_(document) {}

  Result<SensorMessage> Read() {
    ondemand::object object;
    if (const auto error = document_.get_object().get(object)) return JsonFailure(text_, document_, "", error);
    RETURN_IF_ERROR(Walk(object, [this](std::string_view key, ondemand::value v) { return TopEntry(key, v); }));
    RETURN_IF_ERROR(record::CheckNothingFollows(text_, document_));
    RETURN_IF_ERROR(CheckNothingMisses());
    return std::move(message_);
  }

 private:
  // What has been seen already, by number.
  enum Seen : std::size_t { kDeviceId, kTs, kData, kFirstNumber, kFirstSwitch = kFirstNumber + kNumberReadings.size() };

  template <typename OnEntry>
  Status Walk(ondemand::object object, OnEntry on_entry) {
    return record::WalkObject(text_, document_, object, on_entry);
  }

  Status TopEntry(std::string_view key, ondemand::value value) {
    if (key == "data") return Data(value);
    if (key == "device_id") return DeviceId(value);
    if (key == "ts") return Ts(value);
    return Ok();
  }

  Status Data(ondemand::value value) {
    const char* place = Place(value);
    RETURN_IF_ERROR(Once(kData, "data", place));
    ondemand::object object;
    if (value.get_object().get(object)) return JsonFailure(text_, place, "data", "not an object");
    return Walk(object, [this](std::string_view key, ondemand::value v) { return DataEntry(key, v); });
  }

  Status DataEntry(std::string_view key, ondemand::value value) {
    for (std::size_t i = 0; i < kNumberReadings.size(); ++i) {
      if (kNumberReadings[i].name == key) return Number(i, value);
    }
    for (std::size_t i = 0; i < kSwitchReadings.size(); ++i) {
      if (kSwitchReadings[i].name == key) return Switch(i, value);
    }
    return Ok();
  }

  Status DeviceId(ondemand::value value) {
    const char* place = Place(value);
    RETURN_IF_ERROR(Once(kDeviceId, "device_id", place));
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, "device_id", "not a valid string");
    return Keep(base::CanonicalDeviceId(text), message_.device_id, "device_id", place);
  }

  Status Ts(ondemand::value value) {
    const char* place = Place(value);
    RETURN_IF_ERROR(Once(kTs, "ts", place));
    std::string_view text;
    if (IsText(value, text)) return Keep(TimeFromText(text), message_.ts, "ts", place);
    double seconds = 0;
    if (!record::TakeDouble(value, &seconds)) return JsonFailure(text_, place, "ts", "neither a number nor a string");
    return Keep(TimeFromSeconds(seconds), message_.ts, "ts", place);
  }

  Status Number(std::size_t index, ondemand::value value) {
    const NumberReading& reading = kNumberReadings[index];
    const char* place = Place(value);
    RETURN_IF_ERROR(Once(kFirstNumber + index, reading.name, place));
    double number = 0;
    std::string_view text;
    if (IsText(value, text)) {
      RETURN_IF_ERROR(Keep(NumberFromText(text), number, reading.name, place));
    } else if (!record::TakeDouble(value, &number)) {
      return JsonFailure(text_, place, reading.name, "not a number");
    }
    return Keep(CheckRange(reading, number), message_.*reading.member, reading.name, place);
  }

  Status Switch(std::size_t index, ondemand::value value) {
    const SwitchReading& reading = kSwitchReadings[index];
    const char* place = Place(value);
    RETURN_IF_ERROR(Once(kFirstSwitch + index, reading.name, place));
    bool& target = message_.*reading.member;
    std::string_view text;
    if (IsText(value, text)) return Keep(SwitchFromText(text), target, reading.name, place);
    double number = 0;
    if (record::TakeDouble(value, &number)) {
      return Keep(SwitchFromNumber(number), target, reading.name, place);
    }
    if (value.get_bool().get(target)) return JsonFailure(text_, place, reading.name, "not true or false");
    return Ok();
  }

  static const char* Place(ondemand::value& value) { return value.raw_json_token().data(); }
  // True, with the text, when the value is a string; a damaged string is an empty one, which no field takes.
  static bool IsText(ondemand::value& value, std::string_view& text) {
    ondemand::json_type type{};
    if (value.type().get(type) || type != ondemand::json_type::string) return false;
    if (value.get_string().get(text)) text = {};
    return true;
  }

  Status Once(std::size_t what, std::string_view field, const char* place) {
    if (seen_[what]) return JsonFailure(text_, place, field, "stands twice");
    seen_.set(what);
    return Ok();
  }

  template <typename T>
  Status Keep(Result<T> result, T& target, std::string_view field, const char* place) {
    if (!result.ok()) return JsonFailure(text_, place, field, result.status().message());
    target = std::move(result).value();
    return Ok();
  }

  Status CheckNothingMisses() const {
    const auto check = [this](std::size_t what, std::string_view field) {
      return seen_[what] ? Ok() : JsonFailure(text_, text_.data(), field, "missing");
    };
    RETURN_IF_ERROR(check(kData, "data"));
    for (std::size_t i = 0; i < kNumberReadings.size(); ++i) {
      RETURN_IF_ERROR(check(kFirstNumber + i, kNumberReadings[i].name));
    }
    for (std::size_t i = 0; i < kSwitchReadings.size(); ++i) {
      RETURN_IF_ERROR(check(kFirstSwitch + i, kSwitchReadings[i].name));
    }
    RETURN_IF_ERROR(check(kDeviceId, "device_id"));
    return check(kTs, "ts");
  }

  std::string_view text_;
  ondemand::document& document_;
  SensorMessage message_;
  std::bitset<16> seen_;
};

}  // namespace

Result<SensorMessage> ParseTelemetry(std::string_view json) {
  if (json.size() > kLargestMessageBytes) return {Code::kInvalidArgument, "a sensor message of more than 16384 bytes"};
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(json);
  const std::string_view text(padded);
  ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  return Reader(text, document).Read();
}

void AppendJson(const SensorMessage& message, std::string& out) {
  const auto number = [&](std::string_view name, double value) {
    out += name;
    record::AppendNumber(value, out);
  };
  const auto boolean = [&](std::string_view name, bool value) {
    out += name;
    out += value ? "true" : "false";
  };
  number(R"({"data":{"co":)", message.co);
  number(R"(,"humidity":)", message.humidity);
  boolean(R"(,"light":)", message.light);
  number(R"(,"lpg":)", message.lpg);
  boolean(R"(,"motion":)", message.motion);
  number(R"(,"smoke":)", message.smoke);
  number(R"(,"temp":)", message.temp);
  out += R"(},"device_id":)";
  record::AppendQuoted(message.device_id, out);
  const auto us = message.ts.time_since_epoch().count();
  fmt::format_to(std::back_inserter(out), R"(,"ts":{}.{:06}}})", us / 1'000'000, us % 1'000'000);
}

}  // namespace inferometer::telemetry
