#pragma once
// The analysis as CSV: one group, one record or one place in a ranking a line.

#include <string>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/comparison.h"
#include "analyze/cost.h"
#include "inferometer/record.h"

namespace inferometer::exchange {

// A header, then one line a group: the names of the JSON answer, flattened with '_' (inference_time_ms_avg). The
// columns of a cost stand there when its question is asked.
[[nodiscard]] std::string GroupsCsv(const std::vector<analyze::Group>& groups, const analyze::CostQuestion& question);

// A header, then one line a group of each ranking.
[[nodiscard]] std::string ComparisonCsv(const analyze::Comparison& comparison, const analyze::CostQuestion& question);

// The header is the field names in the order of the field table.
void AppendRecordsHeader(std::string& out);
void AppendRecordLine(const InferenceRecord& record, std::string& out);

}  // namespace inferometer::exchange
