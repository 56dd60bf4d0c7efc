#pragma once
// The analysis as JSON, for programs.

#include <string>

#include "analyze/analysis.h"
#include "analyze/compare/group_answer.h"
#include "analyze/comparison.h"
#include "analyze/cost.h"

namespace inferometer::exchange {

// {"schema_version", "groups": [...], "files_read", "damaged": [...], "disagreements": [...]}, each group and each item
// on a line of its own. Names are those of the field table and of the metrics directory's summary block; what was not
// measured is left out. A damage without a place has "offset": null, a disagreement on what no record holds
// "records": null.
[[nodiscard]] std::string AnalysisJson(const analyze::Analysis& analysis, const analyze::CostQuestion& question);

// {"schema_version", "rankings": [...], "not_comparable": [{"first","second","reason"}], ..., "comparisons": [...],
// ...} (comparison_json.h) and the end of AnalysisJson. `comparison` is of `analysis`'s groups.
[[nodiscard]] std::string ComparisonJson(const analyze::Analysis& analysis, const analyze::Comparison& comparison,
                                         const analyze::GroupAnswer& groups, const analyze::CostQuestion& question);

}  // namespace inferometer::exchange
