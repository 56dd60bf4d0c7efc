#pragma once
// Walks the JSON object in a column's text. Internal: simdjson's types appear here and nowhere above.

#include <fmt/format.h>
#include <simdjson.h>

#include <string_view>

#include "inferometer/status.h"
#include "record/json_walk.h"

namespace inferometer::lake {

// Calls `Status on_entry(std::string_view key, simdjson::ondemand::value)` for every entry. kDataLoss, naming the
// column, for what is no object, and with the failure of `on_entry`.
template <typename OnEntry>
[[nodiscard]] Status WalkJsonColumn(std::string_view column, std::string_view json, OnEntry on_entry) {
  const auto failure = [&](std::string_view what) {
    return Status(Code::kDataLoss, fmt::format("column {}: {}", column, what));
  };
  const simdjson::padded_string padded(json);
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  if (const auto error = parser.iterate(padded).get(document)) return failure(simdjson::error_message(error));
  simdjson::ondemand::object object;
  if (document.get_object().get(object)) return failure("not an object");
  const std::string_view text(padded.data(), padded.size());
  Status status = record::WalkObject(text, document, object, on_entry);
  if (status.ok()) status = record::CheckNothingFollows(text, document);
  return status.ok() ? Ok() : failure(status.message());
}

}  // namespace inferometer::lake
