#include "report/html/html_table.h"

#include <fmt/format.h>

#include <cmath>

#include "report/html/escape.h"
#include "report/html/html_writer.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {

HtmlTable::HtmlTable(std::string_view id, std::string_view caption, const std::vector<Column>& header,
                     std::size_t names)
    : id_(id), columns_(header.size()), names_(names) {
  // Wide tables scroll by themselves; tabindex lets the keyboard scroll them.
  out_ = fmt::format(
      "<div class=\"scroll\" role=\"region\" aria-labelledby=\"{0}-c\" tabindex=\"0\"><table id=\"{0}\">"
      "<caption id=\"{0}-c\">{1}</caption>\n<thead><tr>",
      id, Escaped(caption));
  for (std::size_t i = 0; i < header.size(); ++i) {
    out_ += fmt::format("<th scope=\"col\"{}>{}</th>", i < names || header[i].is_text ? " class=\"l\"" : "",
                        Escaped(header[i].name));
  }
  out_ += "</tr></thead>\n<tbody>\n";
}

void HtmlTable::Cell(std::string_view markup, bool is_number) {
  const std::size_t column = cells_ % columns_;
  if (column == 0) {
    row_begin_ = out_.size();
    out_ += "<tr>";
  }
  const char* kind = column < names_ ? "th scope=\"row\"" : is_number ? "td" : "td class=\"l\"";
  out_ += fmt::format("<{}>{}</{}>", kind, markup, column < names_ ? "th" : "td");
  ++cells_;
  if (column + 1 < columns_) return;
  out_ += "</tr>\n";
  if (out_.size() <= kMostBytes) return;
  out_.resize(row_begin_);
  ++rows_left_out_;
}

void HtmlTable::Name(std::string_view name) { Cell(NameMarkup(name), false); }

void HtmlTable::Text(std::string_view text) { Cell(NameMarkup(text), false); }

void HtmlTable::Number(std::optional<double> value, int decimals, std::string_view absent) {
  if (value && std::isfinite(*value)) {
    Cell(Fixed(*value, decimals), true);
  } else {
    Cell(fmt::format("<span class=\"none\">{}</span>", Escaped(absent)), true);
  }
}

std::string HtmlTable::Take(std::string_view more) && {
  out_ += "</tbody></table></div>\n";
  if (rows_left_out_ > 0) {
    out_ += fmt::format("<p class=\"note\">{} left out here: {}.</p>\n", Counted(rows_left_out_, "row is", "rows are"),
                        Escaped(more));
  }
  return std::move(out_);
}

}  // namespace inferometer::report::html
