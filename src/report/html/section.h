#pragma once
// What every part of the page is made of. Each section is a question, its answer in a sentence, pictures, and the table
// behind them.

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/compare/group_answer.h"
#include "analyze/cost.h"
#include "report/html/chart.h"
#include "report/html/collector.h"
#include "report/html/html_writer.h"
#include "report/html/labels.h"

namespace inferometer::report::html {

// What a section draws from. All of it outlives the sections.
struct Report {
  const analyze::Analysis& analysis;
  const Collector& drawn;
  const analyze::CostQuestion& costs;
  std::vector<Label> labels;  // of the analysis' groups
  const analyze::GroupAnswer* compared = nullptr;

  [[nodiscard]] const std::vector<analyze::Group>& groups() const { return analysis.groups; }
  [[nodiscard]] std::string LabelText(std::size_t group) const { return TextOf(labels[group]); }
  // What tells these groups apart: of one device only the models, of one model only the devices.
  [[nodiscard]] std::vector<std::string> ShortLabels(const std::vector<std::size_t>& places) const;
  [[nodiscard]] bool AreAllPictured() const { return drawn.pictured().size() == groups().size(); }
};

// One part of the page. A new one is a function that makes it, and a row in the table of page.cc.
struct Section {
  std::string id;        // of this program
  std::string question;  // its heading
  std::string name;      // in the list of contents
  std::string answer;    // HTML: what stands at the head of the page, too
  std::string body;      // HTML
};

// Where the rows are that a table had no room for.
inline constexpr std::string_view kAllRows = "`inferometer analyze --format csv` has every row";

// A figure with a caption in HTML, drawn for wide and for narrow screens.
void AppendFigure(std::string_view caption, const std::function<std::string(Form)>& draw, HtmlWriter& html);
// The first two lines of a card: model; device and how many inferences.
[[nodiscard]] std::string CardHead(const Label& label, std::size_t count);
// A figure that is as wide as a phone, for a grid of them: <div class="cards">.
void AppendCard(std::string_view caption, std::string_view svg, HtmlWriter& html);
// Says which groups have pictures where not all have, for a section whose tables have all groups.
void AppendWhoIsPictured(const Report& report, HtmlWriter& html);
// The same for a section that is about the pictured groups only.
void AppendWhoIsMeant(const Report& report, HtmlWriter& html);
// Model, device and what else tells the group apart, as the first two cells of a row.
class HtmlTable;
void AddNames(const Label& label, HtmlTable& table);

}  // namespace inferometer::report::html
