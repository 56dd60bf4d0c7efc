#pragma once
// HTML, written piece by piece: markup of this program as it is, texts escaped.

#include <string>
#include <string_view>

namespace inferometer::report::html {

class HtmlWriter {
 public:
  // `markup` is of this program and holds nothing that was read; pictures and tables escape by themselves.
  void Markup(std::string_view markup) { out_ += markup; }
  // A text, standing for itself.
  void Text(std::string_view text);
  // A name from a file, shortened, kept from reordering what stands beside it.
  void Name(std::string_view name);
  // <p>...</p> around a text.
  void Paragraph(std::string_view text);

  [[nodiscard]] std::string Take() && { return std::move(out_); }

 private:
  std::string out_;
};

// A name as HtmlWriter::Name writes it.
[[nodiscard]] std::string NameMarkup(std::string_view name);

}  // namespace inferometer::report::html
