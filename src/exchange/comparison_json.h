#pragma once
// The answer of `inferometer compare` for programs.

#include <string>

#include "analyze/compare/group_answer.h"
#include "analyze/compare/run_comparison.h"
#include "record/json_write.h"

namespace inferometer::exchange {

// {"schema_version", "comparisons": [...], ...}, each comparison on a line of its own and beginning with "metric",
// "n" {"a","b"}, "ratio", "interval" [low, high], "verdict", "reason"; "ratio" and "interval" are null where there is
// none. docs/comparing.md tells all keys.
[[nodiscard]] std::string RunAnswerJson(const analyze::RunAnswer& answer);

// Adds to an answer "by", "groups", and "comparisons": as above, each with "group", which is held against the first of
// "groups", as its last key.
void AppendGroupAnswer(const analyze::GroupAnswer& answer, record::JsonObject& object, std::string& out);

// A header, then one line a comparison: the same names, flattened with '_'.
[[nodiscard]] std::string RunAnswerCsv(const analyze::RunAnswer& answer);

}  // namespace inferometer::exchange
