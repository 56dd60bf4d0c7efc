#include "telemetry/csv_row.h"

namespace inferometer::telemetry {
namespace {

Status Wrong(std::string what) { return {Code::kInvalidArgument, std::move(what)}; }

std::string_view WithoutLineEnd(std::string_view row) {
  if (row.ends_with('\n')) row.remove_suffix(1);
  if (row.ends_with('\r')) row.remove_suffix(1);
  return row;
}

// Takes a quoted field from the front of `row`, whose first character is its quote.
Status TakeQuoted(std::string_view& row, std::string& field) {
  row.remove_prefix(1);
  for (;;) {
    const std::size_t quote = row.find('"');
    if (quote == std::string_view::npos) return Wrong("a quote is not closed");
    field += row.substr(0, quote);
    row.remove_prefix(quote + 1);
    if (!row.starts_with('"')) break;
    field += '"';
    row.remove_prefix(1);
  }
  return row.empty() || row.starts_with(',') ? Ok() : Wrong("text stands between a closing quote and the next comma");
}

Status TakePlain(std::string_view& row, std::string& field) {
  field = row.substr(0, row.find(','));
  row.remove_prefix(field.size());
  return field.find('"') == std::string::npos ? Ok() : Wrong("a quote stands inside a field that is not quoted");
}

}  // namespace

std::optional<std::size_t> RowLength(std::string_view text) {
  bool at_field_begin = true;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '"' && (quoted || at_field_begin)) {
      quoted = !quoted;  // a doubled quote closes and opens again: at_field_begin stays for the second one
      at_field_begin = true;
      continue;
    }
    if (!quoted && c == '\n') return i + 1;
    at_field_begin = !quoted && c == ',';
  }
  return std::nullopt;
}

Status SplitRow(std::string_view row, std::vector<std::string>& fields) {
  row = WithoutLineEnd(row);
  for (std::size_t count = 0;; ++count) {
    if (count == fields.size()) fields.emplace_back();
    std::string& field = fields[count];
    field.clear();
    RETURN_IF_ERROR(row.starts_with('"') ? TakeQuoted(row, field) : TakePlain(row, field));
    if (row.empty()) {
      fields.resize(count + 1);
      return Ok();
    }
    row.remove_prefix(1);
  }
}

}  // namespace inferometer::telemetry
