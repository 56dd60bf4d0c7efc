#include "hub/status_message.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/device_id.h"
#include "base/record_key.h"
#include "base/timestamp.h"
#include "hub/lost_hours_json.h"
#include "hub/member_walk.h"
#include "hub/strict_json.h"

namespace inferometer::hub {
namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kLongestCounterName = 64;

bool IsWord(std::string_view text, std::size_t longest) {
  const auto fits = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  return !text.empty() && text.size() <= longest && std::all_of(text.begin(), text.end(), fits);
}

Status Failed(std::string_view field, std::string_view what) {
  return {Code::kDataLoss, fmt::format("field \"{}\": {}", field, what)};
}

Status TakeText(dom::element value, std::string_view field, std::string_view& text) {
  return value.get(text) == simdjson::SUCCESS ? Ok() : Failed(field, "not a string");
}

Status TakeNumber(dom::element value, std::string_view field, std::uint64_t lowest, std::uint64_t& number) {
  const bool is_number = value.get(number) == simdjson::SUCCESS;
  if (is_number && number >= lowest && number <= base::kLargestSequence) return Ok();
  return Failed(field, fmt::format("not a whole number from {} to {}", lowest, base::kLargestSequence));
}

Status TakeStream(dom::element value, std::string_view field, std::uint64_t& stream) {
  std::string_view text;
  RETURN_IF_ERROR(TakeText(value, field, text));
  const auto parsed = base::ParseStream(text);
  if (!parsed) return Failed(field, "not 16 lower-case hex digits");
  stream = *parsed;
  return Ok();
}

// Reads a message of which StrictJson has checked everything.
class Reader {
 public:
  explicit Reader(std::string_view compact) : compact_(compact) {}

  Result<StatusMessage> Read(dom::element root) {
    dom::object top;
    if (root.get(top)) return {Code::kDataLoss, "not a JSON object"};
    for (const auto& [key, value] : top) {
      if (!value.is_null()) RETURN_IF_ERROR(Entry(key, value));
    }
    if (!has_status_) return Failed("status", "missing");
    return std::move(message_);
  }

 private:
  Status Entry(std::string_view key, dom::element value) {
    struct Known {
      std::string_view key;
      Status (Reader::*take)(dom::element);
    };
    static constexpr Known kKnown[] = {
        {"status", &Reader::TakeStatus},        {"device_id", &Reader::TakeDeviceId},
        {"timestamp", &Reader::TakeTimestamp},  {"lag_records", &Reader::TakeLagRecords},
        {"boot_id", &Reader::TakeBootId},       {"lag_messages", &Reader::TakeLagMessages},
        {"boottime_ms", &Reader::TakeBootTime}, {"clock", &Reader::TakeClock},
        {"streams", &Reader::TakeStreams},      {"lost", &Reader::TakeLost},
        {"losses", &Reader::TakeLossCounters},  {"context", &Reader::TakeContext},
        {"lost_hours", &Reader::TakeLostHours},
    };
    for (const Known& known : kKnown) {
      if (known.key == key) return (this->*known.take)(value);
    }
    return Ok();
  }

  Status TakeStatus(dom::element value) {
    std::string_view text;
    RETURN_IF_ERROR(TakeText(value, "status", text));
    if (text != "online" && text != "offline") return Failed("status", "neither online nor offline");
    message_.is_online = text == "online";
    has_status_ = true;
    return Ok();
  }
  Status TakeDeviceId(dom::element value) {
    std::string_view text;
    RETURN_IF_ERROR(TakeText(value, "device_id", text));
    auto id = base::CanonicalDeviceId(text);
    if (!id.ok()) return Failed("device_id", id.status().message());
    message_.device_id = std::move(id).value();
    return Ok();
  }
  Status TakeTimestamp(dom::element value) {
    std::string_view text;
    RETURN_IF_ERROR(TakeText(value, "timestamp", text));
    const auto time = base::ParseTimestamp(text);
    if (!time.ok()) return Failed("timestamp", time.status().message());
    message_.timestamp = *time;
    return Ok();
  }
  Status TakeLagRecords(dom::element value) {
    return TakeNumber(value, "lag_records", 0, message_.lag_records.emplace());
  }
  Status TakeLagMessages(dom::element value) {
    return TakeNumber(value, "lag_messages", 0, message_.lag_messages.emplace());
  }
  Status TakeBootId(dom::element value) {
    std::string_view text;
    RETURN_IF_ERROR(TakeText(value, "boot_id", text));
    message_.boot = ParseBootId(text);
    return message_.boot ? Ok() : Failed("boot_id", "not 32 lower-case hex digits");
  }
  Status TakeBootTime(dom::element value) {
    double ms = 0;
    if (value.get(ms)) return Failed("boottime_ms", "not a number");
    message_.boottime = BootTimeFromMs(ms);
    return message_.boottime ? Ok() : Failed("boottime_ms", "out of range");
  }
  // Another word than ours may come from a later device.
  Status TakeClock(dom::element value) {
    std::string_view text;
    RETURN_IF_ERROR(TakeText(value, "clock", text));
    if (text == "synced") message_.is_synchronised = true;
    if (text == "unsynced") message_.is_synchronised = false;
    return Ok();
  }

  Status TakeStreams(dom::element value) {
    return Items(value, "streams", kMostHeldRanges, [this](dom::object item) {
      HeldRange held;
      RETURN_IF_ERROR(Stream(item, "streams", held.stream));
      RETURN_IF_ERROR(Number(item, "streams", "first", 1, held.first));
      RETURN_IF_ERROR(Number(item, "streams", "last", 0, held.last));
      if (held.last + 1 < held.first) return Failed("streams", "an item whose last is before its first");
      const auto is_same = [&](const HeldRange& other) { return other.stream == held.stream; };
      if (std::any_of(message_.streams.begin(), message_.streams.end(), is_same)) {
        return Failed("streams", "a stream that stands twice");
      }
      message_.streams.push_back(held);
      return Ok();
    });
  }
  Status TakeLost(dom::element value) {
    return Items(value, "lost", kMostLostRanges, [this](dom::object item) {
      LostRange lost;
      RETURN_IF_ERROR(Number(item, "lost", "n", 1, lost.number));
      RETURN_IF_ERROR(Stream(item, "lost", lost.stream));
      RETURN_IF_ERROR(Number(item, "lost", "from", 1, lost.from));
      RETURN_IF_ERROR(Number(item, "lost", "to", 1, lost.to));
      RETURN_IF_ERROR(Number(item, "lost", "count", 1, lost.count));
      if (lost.to < lost.from) return Failed("lost", "an item whose end is before its beginning");
      if (lost.count > lost.to - lost.from + 1) return Failed("lost", "an item with more records than it has room for");
      return Reason(item, std::move(lost));
    });
  }
  Status Reason(dom::object item, LostRange lost) {
    std::string_view reason;
    if (item.at_key("reason").get(reason) || !IsWord(reason, kLongestReason)) {
      return Failed("lost", "an item without a word as its reason");
    }
    lost.reason = reason;
    message_.lost.push_back(std::move(lost));
    return Ok();
  }
  Status TakeLossCounters(dom::element value) {
    dom::object counters;
    if (value.get(counters)) return Failed("losses", "not an object");
    for (const auto& [name, count] : counters) {
      if (!IsWord(name, kLongestCounterName)) return Failed("losses", "a counter's name that is no word");
      if (message_.losses.size() >= kMostLossCounters) return Failed("losses", "too many counters");
      std::uint64_t number = 0;
      RETURN_IF_ERROR(TakeNumber(count, "losses", 0, number));
      message_.losses.emplace_back(name, number);
    }
    return Ok();
  }

  Status TakeLostHours(dom::element value) {
    RETURN_IF_ERROR(Items(value, "lost_hours", store::kMostLostHours, [this](dom::object item) {
      return ReadLostHours(item, message_.lost_hours.emplace_back());
    }));
    const Status possible = store::CheckLostHours(message_.lost_hours);
    return possible.ok() ? Ok() : Failed("lost_hours", possible.message());
  }

  Status TakeContext(dom::element value) {
    dom::object context;
    if (value.get(context)) return Failed("context", "not an object");
    MemberWalk walk(compact_);
    for (auto member = walk.Next(); member; member = walk.Next()) {
      if (member->key == "context") message_.context = compact_.substr(member->value, member->end - member->value);
    }
    if (!message_.context) return Failed("context", "a name that is spelled with escapes");
    if (message_.context->size() > kLargestContextBytes) {
      return Failed("context", fmt::format("longer than {} bytes", kLargestContextBytes));
    }
    std::string_view name;
    const bool has_name = context.at_key("device_name").get(name) == simdjson::SUCCESS;
    if (has_name && base::CheckDeviceName(name).ok()) message_.device_name = name;
    return Ok();
  }

  template <typename OnItem>
  static Status Items(dom::element value, std::string_view field, std::size_t most, OnItem on_item) {
    dom::array items;
    if (value.get(items)) return Failed(field, "not a list");
    std::size_t count = 0;
    for (const dom::element item : items) {
      dom::object object;
      if (item.get(object)) return Failed(field, "an item that is not an object");
      if (++count > most) return Failed(field, fmt::format("more than {} items", most));
      RETURN_IF_ERROR(on_item(object));
    }
    return Ok();
  }
  static Status Number(dom::object item, std::string_view field, std::string_view key, std::uint64_t lowest,
                       std::uint64_t& number) {
    dom::element value;
    if (item.at_key(key).get(value)) return Failed(field, fmt::format("an item without {}", key));
    return TakeNumber(value, key, lowest, number);
  }
  static Status Stream(dom::object item, std::string_view field, std::uint64_t& stream) {
    dom::element value;
    if (item.at_key("stream").get(value)) return Failed(field, "an item without stream");
    return TakeStream(value, "stream", stream);
  }

  std::string_view compact_;
  StatusMessage message_;
  bool has_status_ = false;
};

}  // namespace

std::optional<StatusMessage::BootAnchor> StatusMessage::anchor() const {
  if (!is_synchronised.value_or(false) || !boot || !boottime || !timestamp) return std::nullopt;
  return BootAnchor{*boot, {*boottime, *timestamp}};
}

std::uint64_t StatusMessage::GoneUpTo(const LostRange& report) const {
  if (report.count == report.to - report.from + 1) return report.to;
  const auto is_same = [&](const HeldRange& held) { return held.stream == report.stream; };
  const auto held = std::find_if(streams.begin(), streams.end(), is_same);
  if (held != streams.end()) return std::clamp(held->first - 1, report.from - 1, report.to);
  // A list that is full may have left the stream out.
  return streams.size() < kMostHeldRanges ? report.to : report.from - 1;
}

Result<StatusMessage> ParseStatusMessage(std::string_view json) {
  thread_local StrictJson strict(kLargestStatusBytes);
  RETURN_IF_ERROR(strict.Load(json));
  RETURN_IF_ERROR(strict.CheckWhole());
  RETURN_IF_ERROR(strict.CheckKeysOnce());
  return Reader(strict.Minified()).Read(strict.root());
}

}  // namespace inferometer::hub
