#include "exchange/database_row.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>

#include "base/record_key.h"
#include "base/timestamp.h"
#include "exchange/sha256.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
constexpr std::size_t kHexDigits = 32;

// As JSON that any database takes; by key, since the same context comes in another order from a lake.
std::string JsonOf(const store::Context& context) {
  store::Context storable;
  for (const auto& [key, value] : context) {
    const auto* text = std::get_if<std::string>(&value);
    storable.emplace_back(StorableText(key), text != nullptr ? StorableText(*text) : value);
  }
  std::stable_sort(storable.begin(), storable.end(),
                   [](const auto& one, const auto& other) { return one.first < other.first; });
  std::string json;
  store::AppendJson(storable, json);
  return json;
}

std::string KeyOf(std::string_view text) { return Sha256Hex(text).substr(0, kHexDigits); }

const store::ContextValue* Find(const store::Context& context, std::string_view key) {
  const auto found =
      std::find_if(context.begin(), context.end(), [&](const auto& entry) { return entry.first == key; });
  return found == context.end() ? nullptr : &found->second;
}

std::optional<std::string> TextOf(const store::Context& context, std::string_view key) {
  const auto* value = Find(context, key);
  const auto* text = value != nullptr ? std::get_if<std::string>(value) : nullptr;
  return text != nullptr ? std::optional(StorableText(*text)) : std::nullopt;
}

std::optional<double> NumberOf(const store::Context& context, std::string_view key) {
  const auto* value = Find(context, key);
  if (value == nullptr) return std::nullopt;
  if (const auto* real = std::get_if<double>(value)) return *real;
  if (const auto* whole = std::get_if<std::int64_t>(value)) return static_cast<double>(*whole);
  return std::nullopt;
}

}  // namespace

bool IsStorable(std::string_view text) {
  return text.find('\0') == std::string_view::npos && simdjson::validate_utf8(text.data(), text.size());
}

std::string StorableText(std::string_view text) {
  if (IsStorable(text)) return std::string(text);
  const bool is_utf8 = simdjson::validate_utf8(text.data(), text.size());
  std::string storable;
  for (const char c : text) {
    if (c == '\0' || (!is_utf8 && static_cast<unsigned char>(c) >= 0x80)) {
      storable += kReplacement;
    } else {
      storable += c;
    }
  }
  return storable;
}

std::optional<ContextRow> MakeContextRow(const store::Context& context) {
  if (context.empty()) return std::nullopt;
  std::string json = JsonOf(context);
  std::string key = KeyOf(json);
  return ContextRow{std::move(key), std::move(json)};
}

bool LatestContext::Update(const store::Context& context) {
  if (context == context_) return false;
  context_ = context;
  row_ = MakeContextRow(context);
  return row_.has_value();
}

LoadRow MakeLoadRow(const std::optional<std::string>& device_name, const store::Context& load) {
  LoadRow row;
  row.json = JsonOf(load);
  row.key = KeyOf(row.json);
  if (device_name) row.device_name = StorableText(*device_name);
  row.device_id = TextOf(load, "device_id");
  row.model_name = TextOf(load, "model_name");
  row.load_time_seconds = NumberOf(load, "load_time_seconds");
  if (const auto text = TextOf(load, "timestamp")) {
    const auto time = base::ParseTimestamp(*text);
    if (time.ok()) row.timestamp = *time;
  }
  return row;
}

LossRow MakeLossRow(const analyze::ReportedLoss& loss) {
  LossRow row;
  row.device_id = StorableText(loss.stream.device);
  row.stream = base::StreamText(loss.stream.stream);
  row.key = fmt::format("{}/{}/{}", row.device_id, row.stream, loss.records.from);
  row.first_sequence = static_cast<std::int64_t>(loss.records.from);  // at most base::kLargestSequence
  row.last_sequence = static_cast<std::int64_t>(loss.records.to);
  row.count = static_cast<std::int64_t>(loss.count);
  row.reason = StorableText(loss.reason);
  return row;
}

}  // namespace inferometer::exchange
