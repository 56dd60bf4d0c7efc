#include "hub/stamp.h"

#include <optional>

#include "record/fields.h"
#include "record/json_walk.h"

namespace inferometer::hub {
namespace {

// The fields, by their index in the table.
struct Wanted {
  std::size_t timestamp = record::FieldIndex("timestamp");
  std::size_t clock_state = record::FieldIndex("clock_state");
  std::size_t boot_id = record::FieldIndex("boot_id");
  std::size_t boottime_ms = record::FieldIndex("boottime_ms");
};
const Wanted& TheWanted() {
  static const Wanted kWanted;
  return kWanted;
}

// The sink of json_walk.h that fills a Stamp.
class StampSink {
 public:
  static bool Wants(std::size_t field) {
    const Wanted& wanted = TheWanted();
    return field == wanted.timestamp || field == wanted.clock_state || field == wanted.boot_id ||
           field == wanted.boottime_ms;
  }
  Status Time(std::size_t, WallTime time) {
    timestamp = time;
    return Ok();
  }
  Status Text(std::size_t field, std::string_view text) {
    if (field == TheWanted().clock_state) clock.unsynchronised = text == kClockUnsynchronised;
    if (field == TheWanted().boot_id) clock.boot = ParseBootId(text);
    return Ok();
  }
  Status Real(std::size_t, double value) {
    clock.boottime = BootTimeFromMs(value);
    return Ok();
  }
  static Status Integer(std::size_t, std::int64_t) { return Ok(); }
  static Status Boolean(std::size_t, bool) { return Ok(); }

  std::optional<WallTime> timestamp;
  ClockFacts clock;
};

}  // namespace

Result<Stamp> ReadStamp(std::string_view line) {
  thread_local simdjson::ondemand::parser parser;
  const simdjson::padded_string padded(line);
  const std::string_view text(padded);
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return record::JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  simdjson::ondemand::object object;
  if (const auto error = document.get_object().get(object)) return record::JsonFailure(text, document, "", error);
  StampSink sink;
  record::RecordWalk walk(text, document, sink);
  RETURN_IF_ERROR(walk.Walk(object));
  if (!sink.timestamp) return record::JsonFailure(text, text.data(), "timestamp", "missing");
  return Stamp{*sink.timestamp, sink.clock};
}

}  // namespace inferometer::hub
