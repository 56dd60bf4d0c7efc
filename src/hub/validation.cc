#include "hub/validation.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "base/record_key.h"
#include "record/fields.h"
#include "record/json_walk.h"
#include "store/checksum.h"
#include "store/context.h"

namespace inferometer::hub {
namespace {

using mqtt::RejectCode;
using record::JsonFailure;

// The fields that the hub itself understands, by their index in the table.
struct Wanted {
  std::size_t timestamp = record::FieldIndex("timestamp");
  std::size_t device_id = record::FieldIndex("device_id");
  std::size_t record_id = record::FieldIndex("record_id");
  std::size_t status = record::FieldIndex("status");
  std::size_t clock_state = record::FieldIndex("clock_state");
  std::size_t boot_id = record::FieldIndex("boot_id");
  std::size_t boottime_ms = record::FieldIndex("boottime_ms");
};
const Wanted& TheWanted() {
  static const Wanted kWanted;
  return kWanted;
}

constexpr std::string_view kVersionKey = "schema_version";
constexpr std::size_t kStreamDigits = 16;

RejectCode CodeFor(const Status& why) {
  switch (why.code()) {
    case Code::kResourceExhausted: return RejectCode::kTooLarge;
    case Code::kPermissionDenied: return RejectCode::kWrongDevice;
    case Code::kFailedPrecondition: return RejectCode::kUnknownVersion;
    default: return RejectCode::kMalformed;
  }
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool IsSameDevice(std::string_view text, std::string_view canonical) {
  return std::equal(text.begin(), text.end(), canonical.begin(), canonical.end(),
                    [](char a, char b) { return Lower(a) == b; });
}

// The position in a record's key of `device_id`; nothing for any other text.
std::optional<StreamPosition> PositionFrom(std::string_view record_id, std::string_view device_id) {
  const std::size_t stream_at = device_id.size() + 1;
  const std::size_t sequence_at = stream_at + kStreamDigits + 1;
  if (record_id.size() <= sequence_at || !record_id.starts_with(device_id)) return std::nullopt;
  if (record_id[stream_at - 1] != '/' || record_id[sequence_at - 1] != '/') return std::nullopt;
  const auto stream = base::ParseStream(record_id.substr(stream_at, kStreamDigits));
  const auto sequence = base::ParseSequence(record_id.substr(sequence_at));
  if (!stream || !sequence) return std::nullopt;
  return StreamPosition{*stream, *sequence};
}

// The position of a record that was refused, by its looks: it is told to its own device only.
std::optional<StreamPosition> GuessPosition(std::string_view payload, std::string_view device_id) {
  constexpr std::string_view kKey = "\"record_id\"";
  constexpr std::string_view kBetween = ": \t\r\n";
  std::string_view rest = payload.substr(0, kLargestPayloadBytes);
  const std::size_t key = rest.find(kKey);
  if (key == std::string_view::npos) return std::nullopt;
  rest.remove_prefix(key + kKey.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(kBetween), rest.size()));
  if (!rest.starts_with('"')) return std::nullopt;
  rest.remove_prefix(1);
  return PositionFrom(rest.substr(0, rest.find('"')), device_id);
}

}  // namespace

// The sink of json_walk.h that keeps what the hub needs. Every other field is checked and let go.
class Validator::Facts {
 public:
  // Both must outlive it.
  Facts(std::string_view device_id, std::vector<std::string_view>& passed_over)
      : device_id_(device_id), passed_over_(passed_over) {}

  static bool Wants(std::size_t) { return true; }
  Status Time(std::size_t field, WallTime time) {
    if (field == TheWanted().timestamp) incoming.timestamp = time;
    return Ok();
  }
  Status Real(std::size_t field, double value) {
    if (field == TheWanted().boottime_ms) incoming.clock.boottime = BootTimeFromMs(value);
    return Ok();
  }
  Status Text(std::size_t field, std::string_view text) {
    const Wanted& wanted = TheWanted();
    if (field == wanted.device_id) {
      is_of_device = IsSameDevice(text, device_id_);
    } else if (field == wanted.record_id) {
      incoming.position = PositionFrom(text, device_id_);
      has_foreign_key = !incoming.position && base::ParseRecordId(text).ok();
    } else if (field == wanted.status) {
      failed = text == kStatusError;
    } else if (field == wanted.clock_state) {
      incoming.clock.unsynchronised = text == kClockUnsynchronised;
    } else if (field == wanted.boot_id) {
      incoming.clock.boot = ParseBootId(text);
    }
    return Ok();
  }
  static Status Integer(std::size_t, std::int64_t) { return Ok(); }
  static Status Boolean(std::size_t, bool) { return Ok(); }
  void PassedOver(std::string_view key) { passed_over_.push_back(key); }

  Incoming incoming;
  bool is_of_device = false;
  bool has_foreign_key = false;
  bool failed = false;

 private:
  std::string_view device_id_;
  std::vector<std::string_view>& passed_over_;
};

Validator::Validator() : json_(kLargestPayloadBytes) {}

std::variant<Incoming, Rejection> Validator::Validate(std::string_view device_id, std::string_view payload) {
  passed_over_.clear();
  Facts facts(device_id, passed_over_);
  if (Status loaded = json_.Load(payload); !loaded.ok()) return Reject(device_id, payload, std::move(loaded));
  if (Status read = Read(facts); !read.ok()) return Reject(device_id, payload, std::move(read));
  facts.incoming.text = OnOneLine(payload);
  facts.incoming.checksum = store::Checksum(payload);
  return facts.incoming;
}

Status Validator::Read(Facts& facts) {
  const std::string_view text = json_.text();
  simdjson::ondemand::document document;
  if (const auto error = json_.Iterate(document)) {
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  simdjson::ondemand::object object;
  if (const auto error = document.get_object().get(object)) return JsonFailure(text, document, "", error);
  record::RecordWalk walk(text, document, facts);
  RETURN_IF_ERROR(walk.Walk(object));
  RETURN_IF_ERROR(record::CheckNothingFollows(text, document));
  RETURN_IF_ERROR(CheckTheRest());
  const auto saw = [&walk](std::size_t field) { return walk.Saw(field); };
  const std::string_view missing = record::MissingField(saw, facts.failed);
  if (!missing.empty()) return JsonFailure(text, text.data(), missing, "missing");
  if (!facts.is_of_device) return {Code::kPermissionDenied, "field \"device_id\": not the topic's device"};
  if (facts.has_foreign_key) return {Code::kPermissionDenied, "field \"record_id\": not of the topic's device"};
  return Ok();
}

// What RecordWalk read is valid, and what it found is there once. Where it passed over anything, the rest of the text
// may hold anything, and a key may stand twice unread, or once more with its escapes resolved: then readers disagree on
// which value counts.
Status Validator::CheckTheRest() {
  if (passed_over_.empty()) return CheckEscapes(json_.text());
  RETURN_IF_ERROR(json_.CheckWhole());
  const auto is_unknown = [](std::string_view key) { return !record::FindName(key); };
  const auto unknown_as_they_stand = std::count_if(passed_over_.begin(), passed_over_.end(), is_unknown);
  keys_.clear();
  for (const auto& [key, value] : simdjson::dom::object(json_.root())) keys_.push_back(key);
  if (std::count_if(keys_.begin(), keys_.end(), is_unknown) != unknown_as_they_stand) {
    return {Code::kDataLoss, "a field's name is spelled with escapes"};
  }
  RETURN_IF_ERROR(CheckOnce(keys_));
  return CheckVersion();
}

Status Validator::CheckVersion() const {
  simdjson::dom::element value;
  if (json_.root().at_key(kVersionKey).get(value)) return Ok();
  std::uint64_t version = 0;
  if (value.get(version)) return {Code::kDataLoss, "field \"schema_version\": not a whole number"};
  if (version <= store::kSchemaVersion) return Ok();
  return {Code::kFailedPrecondition,
          fmt::format("field \"schema_version\": {}; this hub knows {}", version, store::kSchemaVersion)};
}

// Of a later version's record, what we do not understand is no damage.
Rejection Validator::Reject(std::string_view device_id, std::string_view payload, Status why) {
  Rejection rejection{CodeFor(why), GuessPosition(payload, device_id), std::move(why)};
  if (rejection.code != RejectCode::kMalformed || json_.text().empty()) return rejection;
  if (!json_.CheckWhole().ok() || !json_.root().is_object()) return rejection;
  if (Status version = CheckVersion(); version.code() == Code::kFailedPrecondition) {
    rejection.code = RejectCode::kUnknownVersion;
    rejection.why = std::move(version);
  }
  return rejection;
}

std::string_view Validator::OnOneLine(std::string_view payload) {
  const bool is_bare = payload.front() == '{' && payload.back() == '}';
  const auto holds = [payload](char c) { return payload.find(c) != std::string_view::npos; };
  return is_bare && !holds('\n') && !holds('\r') ? payload : json_.Minified();
}

}  // namespace inferometer::hub
