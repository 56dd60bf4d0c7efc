#pragma once
// What comes in on iot/metrics/ID, judged before anything believes it.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>
#include <vector>

#include "hub/clock_repair.h"
#include "hub/strict_json.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/acknowledgement.h"
#include "record/json_read.h"

namespace inferometer::hub {

// With what the hub adds to a record, it still fits into kLargestRecordBytes, as a journal's entry and as a line that
// readers take.
inline constexpr std::size_t kLargestPayloadBytes = record::kLargestRecordBytes - 512;

// A record's place within its device.
struct StreamPosition {
  std::uint64_t stream = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const StreamPosition&, const StreamPosition&) = default;
};

// A record that may be stored.
struct Incoming {
  // Nothing for a plain publisher's, whose record_id is no record's key, or absent: it knows no acknowledgement, and
  // what it sends twice is stored twice.
  std::optional<StreamPosition> position;
  WallTime timestamp;  // as the device has it
  ClockFacts clock;
  // On one line, all fields kept, those that nobody knows too. In the payload, or in the Validator until its next call.
  std::string_view text;
  std::uint32_t checksum = 0;  // store::Checksum of the payload
};

// A record that will never be stored, however often it is sent.
struct Rejection {
  mqtt::RejectCode code = mqtt::RejectCode::kMalformed;
  // Which record of this device to say so of, where that can be told.
  std::optional<StreamPosition> position;
  // Names the field and the byte as far as they are known. Parts of the payload in it are printable, and cut short.
  Status why;
};

// Checks one payload after another, in buffers that are made once: a record that is fine costs no allocation unless it
// has line breaks. One thread at a time.
//
// A payload is refused when it is longer than kLargestPayloadBytes (too_large); not wholly valid JSON as StrictJson
// says, or a field is of the wrong type, out of its range, missing or there twice (malformed); of a schema_version that
// this program does not know (unknown_version); or when its device_id or record_id is not that of the topic's device
// (wrong_device). Texts are data: what looks like markup, a formula or a terminal's escape is kept as it is.
class Validator {
 public:
  Validator();

  // `device_id`: the topic's, canonical. `payload` must live as long as the answer's text.
  [[nodiscard]] std::variant<Incoming, Rejection> Validate(std::string_view device_id, std::string_view payload);

 private:
  class Facts;
  [[nodiscard]] Status Read(Facts& facts);
  [[nodiscard]] Status CheckTheRest();
  [[nodiscard]] Status CheckVersion() const;
  [[nodiscard]] Rejection Reject(std::string_view device_id, std::string_view payload, Status why);
  [[nodiscard]] std::string_view OnOneLine(std::string_view payload);

  StrictJson json_;
  // Of the record at hand: the keys that RecordWalk passed over, and all keys with their escapes resolved.
  std::vector<std::string_view> passed_over_;
  std::vector<std::string_view> keys_;
};

}  // namespace inferometer::hub
