#include "mqtt/acknowledgement.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <array>
#include <bitset>
#include <utility>

#include "base/record_key.h"
#include "record/json_walk.h"
#include "record/json_write.h"

namespace inferometer::mqtt {
namespace {

namespace ondemand = simdjson::ondemand;
using base::ParseStream;
using base::StreamText;
using record::JsonFailure;
using record::JsonObject;

constexpr std::uint64_t kVersion = 1;
constexpr std::size_t kMostDepth = 32;
constexpr std::uint64_t kLargestNumber = base::kLargestSequence;

// Indexed by RejectCode.
constexpr std::string_view kCodes[] = {"malformed", "too_large",       "wrong_device",
                                       "conflict",  "unknown_version", "other"};

RejectCode CodeFrom(std::string_view text) {
  std::size_t code = 0;
  while (code < static_cast<std::size_t>(RejectCode::kOther) && kCodes[code] != text) ++code;
  return static_cast<RejectCode>(code);
}

// A known key of an object, and whether it must stand there.
struct Key {
  std::string_view name;
  bool required;
};

// Walks one document into an acknowledgement.
class Reader {
 public:
  Reader(std::string_view text, ondemand::document& document) : text_(text), document_(document) {}

  Result<Acknowledgement> Read() {
    ondemand::object object;
    if (const auto error = document_.get_object().get(object)) return JsonFailure(text_, document_, "", error);
    static constexpr std::array<Key, 6> kKeys = {{{"v", true},
                                                  {"store_id", true},
                                                  {"acks", true},
                                                  {"rejected", false},
                                                  {"losses_upto", false},
                                                  {"pace_ms", false}}};
    RETURN_IF_ERROR(
        Object(text_.data(), object, kKeys, [this](std::size_t key, ondemand::value v) { return Top(key, v); }));
    RETURN_IF_ERROR(record::CheckNothingFollows(text_, document_));
    return std::move(ack_);
  }

 private:
  enum TopKey : std::size_t { kV, kStoreId, kAcks, kRejected, kLossesUpto, kPaceMs };

  // Offers the object's known keys by their number in `keys`, each at most once, the required ones at least once.
  template <std::size_t kCount, typename OnKey>
  Status Object(const char* begin, ondemand::object object, const std::array<Key, kCount>& keys, OnKey on_key) {
    std::bitset<kCount> seen;
    RETURN_IF_ERROR(record::WalkObject(text_, document_, object, [&](std::string_view name, ondemand::value value) {
      for (std::size_t key = 0; key < kCount; ++key) {
        if (keys[key].name != name) continue;
        if (seen[key]) return JsonFailure(text_, Place(value), name, "stands twice");
        seen.set(key);
        return on_key(key, value);
      }
      return Ok();
    }));
    for (std::size_t key = 0; key < kCount; ++key) {
      if (keys[key].required && !seen[key]) return JsonFailure(text_, begin, keys[key].name, "missing");
    }
    return Ok();
  }

  Status Top(std::size_t key, ondemand::value value) {
    switch (static_cast<TopKey>(key)) {
      case kV: return Version(value);
      case kStoreId: return Id(value, "store_id", ack_.store_id);
      case kAcks: return List(value, "acks", kMostAcks, [this](ondemand::value item) { return Ack(item); });
      case kRejected:
        return List(value, "rejected", kMostRejected, [this](ondemand::value item) { return Refusal(item); });
      case kLossesUpto: return Number(value, "losses_upto", 0, ack_.losses_upto.emplace());
      case kPaceMs: return Pace(value);
    }
    return Ok();
  }

  Status Version(ondemand::value value) {
    const char* place = Place(value);
    std::uint64_t version = 0;
    RETURN_IF_ERROR(Number(value, "v", 0, version));
    return version == kVersion ? Ok() : JsonFailure(text_, place, "v", "a version that this program does not know");
  }

  Status Pace(ondemand::value value) {
    std::uint64_t pace_ms = 0;
    RETURN_IF_ERROR(Number(value, "pace_ms", 0, pace_ms));
    ack_.pace = std::chrono::milliseconds(pace_ms);
    return Ok();
  }

  Status Ack(ondemand::value item) {
    static constexpr std::array<Key, 2> kKeys = {{{"stream", true}, {"upto", true}}};
    Acknowledgement::Upto& ack = ack_.acks.emplace_back();
    return Item(item, "acks", kKeys, [&](std::size_t key, ondemand::value value) {
      return key == 0 ? Id(value, "stream", ack.stream) : Number(value, "upto", 0, ack.upto);
    });
  }

  Status Refusal(ondemand::value item) {
    static constexpr std::array<Key, 3> kKeys = {{{"stream", true}, {"seq", true}, {"code", true}}};
    Acknowledgement::Rejected& rejected = ack_.rejected.emplace_back();
    return Item(item, "rejected", kKeys, [&](std::size_t key, ondemand::value value) {
      if (key == 0) return Id(value, "stream", rejected.stream);
      return key == 1 ? Number(value, "seq", 1, rejected.sequence) : RefusalCode(value, rejected.code);
    });
  }

  Status RefusalCode(ondemand::value value, RejectCode& target) {
    const char* place = Place(value);
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, "code", "not a valid string");
    target = CodeFrom(text);
    return Ok();
  }

  template <typename OnItem>
  Status List(ondemand::value value, std::string_view field, std::size_t most, OnItem on_item) {
    const char* place = Place(value);
    ondemand::array array;
    if (value.get_array().get(array)) return JsonFailure(text_, place, field, "not a list");
    std::size_t items = 0;
    for (auto entry : array) {
      ondemand::value item;
      if (const auto error = entry.get(item)) return JsonFailure(text_, document_, field, error);
      if (++items > most) return JsonFailure(text_, Place(item), field, fmt::format("more than {} items", most));
      RETURN_IF_ERROR(on_item(item));
    }
    return Ok();
  }

  template <std::size_t kCount, typename OnKey>
  Status Item(ondemand::value item, std::string_view field, const std::array<Key, kCount>& keys, OnKey on_key) {
    const char* place = Place(item);
    ondemand::object object;
    if (item.get_object().get(object)) return JsonFailure(text_, place, field, "an item that is not an object");
    return Object(place, object, keys, on_key);
  }

  Status Number(ondemand::value value, std::string_view field, std::uint64_t lowest, std::uint64_t& target) {
    const char* place = Place(value);
    if (value.get_uint64().get(target) || target < lowest || target > kLargestNumber) {
      return JsonFailure(text_, place, field, fmt::format("not a whole number from {} to {}", lowest, kLargestNumber));
    }
    return Ok();
  }

  Status Id(ondemand::value value, std::string_view field, std::uint64_t& target) {
    const char* place = Place(value);
    std::string_view text;
    if (value.get_string().get(text)) return JsonFailure(text_, place, field, "not a valid string");
    const auto id = ParseStream(text);
    if (!id) return JsonFailure(text_, place, field, "not 16 lower-case hex digits");
    target = *id;
    return Ok();
  }

  static const char* Place(ondemand::value& value) { return value.raw_json_token().data(); }

  std::string_view text_;
  ondemand::document& document_;
  Acknowledgement ack_;
};

template <typename Items, typename AppendItem>
void AppendList(const Items& items, AppendItem append, std::string& out) {
  char separator = '[';
  for (const auto& item : items) {
    out += separator;
    append(item);
    separator = ',';
  }
  out += items.empty() ? "[]" : "]";
}

std::int64_t Signed(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace

std::string_view RejectCodeText(RejectCode code) { return kCodes[static_cast<std::size_t>(code)]; }

void AppendJson(const Acknowledgement& acknowledgement, std::string& out) {
  JsonObject message(out);
  message.Integer("v", kVersion).Text("store_id", StreamText(acknowledgement.store_id)).Key("acks");
  const auto append_ack = [&](const Acknowledgement::Upto& ack) {
    JsonObject(out).Text("stream", StreamText(ack.stream)).Integer("upto", Signed(ack.upto)).Close();
  };
  AppendList(acknowledgement.acks, append_ack, out);
  if (!acknowledgement.rejected.empty()) {
    message.Key("rejected");
    const auto append_rejected = [&](const Acknowledgement::Rejected& rejected) {
      JsonObject(out)
          .Text("stream", StreamText(rejected.stream))
          .Integer("seq", Signed(rejected.sequence))
          .Text("code", std::string(RejectCodeText(rejected.code)))
          .Close();
    };
    AppendList(acknowledgement.rejected, append_rejected, out);
  }
  if (acknowledgement.losses_upto) message.Integer("losses_upto", Signed(*acknowledgement.losses_upto));
  if (acknowledgement.pace) message.Integer("pace_ms", acknowledgement.pace->count());
  message.Close();
}

Result<Acknowledgement> ParseAcknowledgement(std::string_view json) {
  if (json.size() > kLargestAcknowledgementBytes) {
    return {Code::kInvalidArgument,
            fmt::format("an acknowledgement of more than {} bytes", kLargestAcknowledgementBytes)};
  }
  RETURN_IF_ERROR(record::CheckDepth(json, kMostDepth));
  thread_local ondemand::parser parser;
  const simdjson::padded_string padded(json);
  const std::string_view text(padded);
  ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) {
    return JsonFailure(text, text.data(), "", simdjson::error_message(error));
  }
  return Reader(text, document).Read();
}

}  // namespace inferometer::mqtt
