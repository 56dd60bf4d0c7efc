#pragma once
// Records as CSV or as JSON lines.

#include <functional>
#include <memory>
#include <string_view>

#include "exchange/record_target.h"

namespace inferometer::exchange {

// Takes bytes for a file or the standard output.
using AppendText = std::function<Status(std::string_view)>;

// The field names in table order as a header, then one line a record (exchange/analysis_csv.h).
[[nodiscard]] std::unique_ptr<RecordTarget> MakeCsvTarget(AppendText append);
// One record a line, as in a metrics file.
[[nodiscard]] std::unique_ptr<RecordTarget> MakeJsonLinesTarget(AppendText append);

}  // namespace inferometer::exchange
