#include "report/html/html_writer.h"

#include "report/html/escape.h"

namespace inferometer::report::html {

void HtmlWriter::Text(std::string_view text) { out_ += Escaped(text); }

void HtmlWriter::Name(std::string_view name) { out_ += NameMarkup(name); }

void HtmlWriter::Paragraph(std::string_view text) { out_ += "<p>" + Escaped(text) + "</p>\n"; }

std::string NameMarkup(std::string_view name) { return "<bdi>" + Escaped(ShortName(name)) + "</bdi>"; }

}  // namespace inferometer::report::html
