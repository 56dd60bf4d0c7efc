#include "report/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/terminal_text.h"

namespace inferometer::report {
namespace {

// What Markdown would read as the end of a cell, as HTML or as markup stands for itself.
std::string MarkdownText(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\|<>*_`[]").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

std::string InFormat(const std::string& text, TableFormat format) {
  return format == TableFormat::kMarkdown ? MarkdownText(text) : text;
}

void AppendPadded(const std::string& text, std::size_t width, bool right, std::string& out) {
  const std::string padding(width - std::min(width, ColumnsOf(text)), ' ');
  out += right ? padding + text : text + padding;
}

void TrimEnd(std::string& out) { out.resize(out.find_last_not_of(' ') + 1); }

}  // namespace

std::string ShownAs(TableFormat format, std::string_view text) { return InFormat(TerminalText(text), format); }

void Table::Text(std::string_view text) { cells_.push_back({TerminalText(text), false}); }

void Table::Number(std::optional<double> value, int decimals) {
  const bool is_there = value && std::isfinite(*value);
  cells_.push_back({is_there ? fmt::format("{:.{}f}", *value, decimals) : "-", true});
}

void Table::Number(std::optional<std::string_view> written) {
  cells_.push_back({TerminalText(written.value_or("-")), true});
}

bool Table::IsRight(std::size_t column) const {
  for (std::size_t i = column; i < cells_.size(); i += header_.size()) {
    if (!cells_[i].is_number) return false;
  }
  return true;
}

std::vector<std::size_t> Table::Widths(TableFormat format) const {
  constexpr std::size_t kLeast = 3;  // "---"
  std::vector<std::size_t> widths;
  widths.reserve(header_.size());
  for (const std::string& name : header_) widths.push_back(std::max(kLeast, ColumnsOf(InFormat(name, format))));
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    std::size_t& width = widths[i % header_.size()];
    width = std::max(width, ColumnsOf(InFormat(cells_[i].text, format)));
  }
  return widths;
}

void Table::AppendRow(const std::vector<Cell>& row, const std::vector<std::size_t>& widths, TableFormat format,
                      std::string& out) const {
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (format == TableFormat::kMarkdown) {
      out += i == 0 ? "| " : " | ";
    } else if (i > 0) {
      out += "  ";
    }
    AppendPadded(InFormat(row[i].text, format), widths[i], IsRight(i), out);
  }
  if (format == TableFormat::kMarkdown) {
    out += " |";
  } else {
    TrimEnd(out);
  }
  out += '\n';
}

std::string Table::Render(TableFormat format) const {
  const bool is_markdown = format == TableFormat::kMarkdown;
  const std::vector<std::size_t> widths = Widths(format);
  std::string out;
  if (!title_.empty()) out = is_markdown ? "### " + MarkdownText(title_) + "\n\n" : title_ + "\n";
  std::vector<Cell> header;
  std::vector<Cell> rule;
  for (std::size_t i = 0; i < header_.size(); ++i) {
    header.push_back({header_[i]});
    rule.push_back({std::string(widths[i], '-')});
    if (is_markdown && IsRight(i)) rule.back().text.back() = ':';
  }
  AppendRow(header, widths, format, out);
  AppendRow(rule, widths, format, out);
  for (std::size_t i = 0; i < cells_.size(); i += header_.size()) {
    const auto begin = cells_.begin() + static_cast<std::ptrdiff_t>(i);
    AppendRow({begin, begin + static_cast<std::ptrdiff_t>(header_.size())}, widths, format, out);
  }
  return out;
}

}  // namespace inferometer::report
