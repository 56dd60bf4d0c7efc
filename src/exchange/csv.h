#pragma once
// CSV as RFC 4180 has it: CRLF, quotes doubled. Spreadsheets open it without running anything.

#include <optional>
#include <string>
#include <string_view>

namespace inferometer::exchange {

// Puts lines together, cell by cell. `out` must outlive it.
class CsvWriter {
 public:
  explicit CsvWriter(std::string& out) : out_(out) {}

  // A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) gets an
  // apostrophe before it. Numbers never do.
  CsvWriter& Text(std::string_view text);
  // Absent is an empty cell; so is what is not finite.
  CsvWriter& MaybeText(const std::optional<std::string>& text);
  CsvWriter& Number(std::optional<double> value);
  // A number's own text, as it is.
  CsvWriter& Figure(std::string_view text);
  CsvWriter& Empty();
  void EndLine();

 private:
  void Separate();
  std::string& out_;
  bool first_ = true;
};

}  // namespace inferometer::exchange
