#include "exchange/csv.h"

#include <cmath>

#include "record/json_write.h"

namespace inferometer::exchange {

CsvWriter& CsvWriter::Text(std::string_view text) {
  Separate();
  const bool is_formula = !text.empty() && std::string_view("=+-@\t\r").find(text.front()) != std::string_view::npos;
  const bool is_quoted = text.find_first_of(",\"\r\n") != std::string_view::npos;
  if (is_quoted) out_ += '"';
  if (is_formula) out_ += '\'';
  for (const char c : text) {
    if (c == '"') out_ += '"';
    out_ += c;
  }
  if (is_quoted) out_ += '"';
  return *this;
}

CsvWriter& CsvWriter::MaybeText(const std::optional<std::string>& text) { return text ? Text(*text) : Empty(); }

CsvWriter& CsvWriter::Number(std::optional<double> value) {
  Separate();
  if (value && std::isfinite(*value)) record::AppendNumber(*value, out_);
  return *this;
}

CsvWriter& CsvWriter::Figure(std::string_view text) {
  Separate();
  out_ += text;
  return *this;
}

CsvWriter& CsvWriter::Empty() {
  Separate();
  return *this;
}

void CsvWriter::EndLine() {
  out_ += "\r\n";
  first_ = true;
}

void CsvWriter::Separate() {
  if (!first_) out_ += ',';
  first_ = false;
}

}  // namespace inferometer::exchange
