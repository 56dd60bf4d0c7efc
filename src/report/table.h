#pragma once
// Tables for people, for a terminal and as Markdown.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferometer::report {

enum class TableFormat { kText, kMarkdown };

// What `text` from a file looks like in this format, standing for itself.
[[nodiscard]] std::string ShownAs(TableFormat format, std::string_view text);

// One table: a title with the unit of all its figures (or none), a header and rows. Text cells may come from files:
// they are made fit for a terminal, and in Markdown for a table's cell.
class Table {
 public:
  Table(std::string title, std::vector<std::string> header) : title_(std::move(title)), header_(std::move(header)) {}

  // REQUIRES: cells are added in the order of the header, a whole row before the next.
  void Text(std::string_view text);
  // `decimals` digits behind the point; absent is "-".
  void Number(std::optional<double> value, int decimals);
  // A number as it is written already; absent is "-".
  void Number(std::optional<std::string_view> written);

  [[nodiscard]] bool empty() const { return cells_.empty(); }
  // Ends with a line break.
  [[nodiscard]] std::string Render(TableFormat format) const;

 private:
  struct Cell {
    std::string text;
    bool is_number = false;
  };
  [[nodiscard]] std::vector<std::size_t> Widths(TableFormat format) const;
  void AppendRow(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, TableFormat format,
                 std::string& out) const;
  // A column is set right when it holds numbers only.
  [[nodiscard]] bool IsRight(std::size_t column) const;

  std::string title_;
  std::vector<std::string> header_;
  std::vector<Cell> cells_;  // row by row
};

}  // namespace inferometer::report
