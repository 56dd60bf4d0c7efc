#pragma once
// A table of the page, for eyes and screen readers.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferometer::report::html {

struct Column {
  Column(std::string_view header, bool text = false) : name(header), is_text(text) {}
  Column(const char* header) : name(header) {}
  std::string name;
  bool is_text = false;  // set left, as are the names
};

// Names stand in header cells of their rows, figures are set right. It takes at most kMostBytes of the page: what is
// beyond is counted and said under it. Cells are added in the order of the header, a whole row before the next.
class HtmlTable {
 public:
  // `id` is unique in the page and of this program, as are caption and header. The first `names` columns are names.
  HtmlTable(std::string_view id, std::string_view caption, const std::vector<Column>& header, std::size_t names = 2);

  void Name(std::string_view name);
  void Text(std::string_view text);
  // `decimals` digits behind the point; without a value `absent` is said, in words.
  void Number(std::optional<double> value, int decimals, std::string_view absent = "not measured");

  [[nodiscard]] bool empty() const { return cells_ == 0; }
  // `more` says where rows are that had no room, as "`inferometer analyze --format csv` has them".
  [[nodiscard]] std::string Take(std::string_view more) &&;

  static constexpr std::size_t kMostBytes = 250'000;

 private:
  void Cell(std::string_view markup, bool is_number);

  std::string id_;
  std::size_t columns_;
  std::size_t names_;
  std::string out_;
  std::size_t row_begin_ = 0;  // in out_
  std::size_t cells_ = 0;
  std::size_t rows_left_out_ = 0;
};

}  // namespace inferometer::report::html
