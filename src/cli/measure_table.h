#pragma once
#include <string>

#include "inferometer/record.h"

namespace inferometer::cli {

// What `inferometer measure` tells people of a record: a line each figure, with its source and uncertainty.
[[nodiscard]] std::string MeasureTable(const InferenceRecord& record);

}  // namespace inferometer::cli
