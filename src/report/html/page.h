#pragma once
// The report: one page that needs nothing else.

#include <string>
#include <string_view>

#include "analyze/analysis.h"
#include "analyze/compare/group_answer.h"
#include "analyze/cost.h"
#include "report/html/collector.h"

namespace inferometer::report::html {

struct PageInput {
  const analyze::Analysis& analysis;  // its statistics are what is printed
  const Collector& drawn;             // made of the analysis' groups, and finished
  analyze::CostQuestion costs;
  std::string_view program;                        // "inferometer 0.1.0", said at the end
  const analyze::GroupAnswer* compared = nullptr;  // of the same records; none: the page has no such section
};

// HTML with its pictures as SVG and its style inside, without script, at most about 5 MB; the policy in it forbids
// whatever would load something. The same input gives the same bytes. All that comes from files is escaped.
[[nodiscard]] std::string Page(const PageInput& input);

}  // namespace inferometer::report::html
