#pragma once
// How the values of one quantity of one group spread.

#include <string>

#include "analyze/statistics.h"
#include "report/html/histogram.h"
#include "report/html/strips.h"

namespace inferometer::report::html {

// A histogram, bars from 0 on, with lines at the median and the 95 % and 99 % quantiles where these are known. The axis
// goes from the smallest to the largest value.
[[nodiscard]] std::string DrawDistribution(const PictureText& text, const Histogram& histogram,
                                           const analyze::Spread& spread);

}  // namespace inferometer::report::html
