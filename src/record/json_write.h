#pragma once
// Writing JSON: a record as one line, and the few pieces that other documents are put together from.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "inferometer/record.h"

namespace inferometer::record {

// Appends the record as one JSON object without spaces, fields in table order, absent ones left out. Reals as
// RoundAsWritten leaves them.
void AppendJson(const InferenceRecord& record, std::string& out);

// Appends a JSON string with its quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD.
void AppendQuoted(std::string_view text, std::string& out);

// Appends the shortest text that reads back as the same double. REQUIRES: finite.
void AppendNumber(double value, std::string& out);

// Puts one JSON object together, key by key, in the order of the calls. Absent optionals and values that are not finite
// are left out. `out` must outlive it; Close ends the object.
class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  JsonObject& Text(std::string_view key, const std::optional<std::string>& value);
  JsonObject& Real(std::string_view key, std::optional<double> value, int decimals);
  JsonObject& Integer(std::string_view key, std::optional<std::int64_t> value);
  JsonObject& Boolean(std::string_view key, bool value);
  // Writes the key; the caller appends the value to `out`.
  JsonObject& Key(std::string_view key);
  void Close() { out_ += '}'; }

 private:
  std::string& out_;
  bool first_ = true;
};

}  // namespace inferometer::record
