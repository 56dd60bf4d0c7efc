#include "report/html/section.h"

#include <fmt/format.h>

#include <set>

#include "report/html/escape.h"
#include "report/html/html_table.h"
#include "report/html/number_text.h"

namespace inferometer::report::html {

std::vector<std::string> Report::ShortLabels(const std::vector<std::size_t>& places) const {
  std::set<std::string> models;
  std::set<std::string> devices;
  bool has_more = false;
  for (const std::size_t place : places) {
    models.insert(labels[place].model);
    devices.insert(labels[place].device);
    has_more = has_more || !labels[place].more.empty();
  }
  std::vector<std::string> texts;
  for (const std::size_t place : places) {
    const Label& label = labels[place];
    const bool is_whole = has_more || (models.size() > 1 && devices.size() > 1);
    texts.push_back(is_whole ? TextOf(label) : devices.size() == 1 ? label.model : label.device);
  }
  return texts;
}

std::string CardHead(const Label& label, std::size_t count) {
  return fmt::format("<b>{}</b><br>{}{} · {}", NameMarkup(label.model), NameMarkup(label.device),
                     label.more.empty() ? "" : " (" + Escaped(label.more) + ")", CountOf(count));
}

void AppendFigure(std::string_view caption, const std::function<std::string(Form)>& draw, HtmlWriter& html) {
  html.Markup(fmt::format("<figure><figcaption>{}</figcaption>\n<div class=\"wide\">", caption));
  html.Markup(draw(Form::kWide));
  html.Markup("</div>\n<div class=\"narrow\">");
  html.Markup(draw(Form::kNarrow));
  html.Markup("</div></figure>\n");
}

void AppendCard(std::string_view caption, std::string_view svg, HtmlWriter& html) {
  html.Markup(fmt::format("<figure><figcaption>{}</figcaption>\n{}</figure>\n", caption, svg));
}

void AppendWhoIsPictured(const Report& report, HtmlWriter& html) {
  if (report.AreAllPictured()) return;
  html.Markup(
      fmt::format("<p class=\"note\">Pictures show the {} pairs of model and device with the most inferences; the "
                  "tables have all {}.</p>\n",
                  report.drawn.pictured().size(), Fixed(static_cast<double>(report.groups().size()), 0)));
}

void AppendWhoIsMeant(const Report& report, HtmlWriter& html) {
  if (report.AreAllPictured()) return;
  html.Markup(
      fmt::format("<p class=\"note\">This section is about the {} pairs of model and device with the most "
                  "inferences, of {}.</p>\n",
                  report.drawn.pictured().size(), Fixed(static_cast<double>(report.groups().size()), 0)));
}

void AddNames(const Label& label, HtmlTable& table) {
  table.Name(label.model);
  table.Name(label.more.empty() ? label.device : label.device + " (" + label.more + ")");
}

}  // namespace inferometer::report::html
