#pragma once
// `inferometer analyze --report`.

#include <cstddef>
#include <functional>
#include <string>

#include "analyze/analysis.h"
#include "analyze/compare/group_answer.h"
#include "cli/analyze_command.h"
#include "inferometer/status.h"

namespace inferometer::cli {

// The page about the groups of `analysis`, for whose pictures it reads every record of the metrics directory and its
// lake once more. `compared` is said, too, where it is there. `progress` as in analyze::ForEachRecord.
[[nodiscard]] Result<std::string> MakeReport(const AnalyzeArguments& arguments, const analyze::Analysis& analysis,
                                             const analyze::GroupAnswer* compared,
                                             const std::function<void(std::size_t, std::size_t)>& progress);

}  // namespace inferometer::cli
