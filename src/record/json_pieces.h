#pragma once
// Pieces of JSON that several documents are put together from, beside JsonObject.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "record/json_write.h"

namespace inferometer::record {

// A list with each item on its own line. `append_item(item)` appends one to `out`.
template <typename Items, typename AppendItem>
void AppendList(const Items& items, AppendItem append_item, std::string& out) {
  std::string_view separator = "[\n  ";
  for (const auto& item : items) {
    out += separator;
    append_item(item);
    separator = ",\n  ";
  }
  out += items.empty() ? "[]" : "\n]";
}

// REQUIRES: at most INT64_MAX, as JSON readers have it.
inline void AppendCount(JsonObject& object, std::string_view key, std::uint64_t value) {
  object.Integer(key, static_cast<std::int64_t>(value));
}

// null where there is no value. `out` is the object's.
inline void AppendCountOrNull(JsonObject& object, std::string_view key, const std::optional<std::uint64_t>& value,
                              std::string& out) {
  object.Key(key);
  out += value ? std::to_string(*value) : "null";
}

}  // namespace inferometer::record
