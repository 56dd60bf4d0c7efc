#pragma once
// What a group measured, over time.

#include <string>
#include <vector>

#include "report/html/chart.h"
#include "report/html/group_series.h"
#include "report/html/strips.h"
#include "report/html/time_scale.h"

namespace inferometer::report::html {

// When something was recorded.
[[nodiscard]] std::vector<Stretch> StretchesOf(const TimeLine& line);

// A row for each quantity that was measured: a dot an inference, or a stroke from the smallest to the largest value of
// each slice of time. Nothing joins them, so that a gap is a gap. Below, crosses where inferences failed or were
// throttled; dashed lines where a new run of the program began. `stretches` are those of all pictures that share the
// axis. REQUIRES: the line is not empty.
[[nodiscard]] std::string DrawTimeLine(const PictureText& text, const GroupSeries& series,
                                       const std::vector<Stretch>& stretches, Form form);

}  // namespace inferometer::report::html
