#pragma once
// The truth checks, numbered as in docs/measuring.md. Each drives real probes against a truth of its own and prints the
// error beside its bound.

#include <chrono>

#include "sheet.h"

namespace inferometer::checks {

struct Extent {
  bool quick = false;               // fewer and shorter windows
  std::chrono::seconds soak{1800};  // of Concurrency
};

void CpuTime(Sheet& sheet, const Extent& extent);       // 1
void Memory(Sheet& sheet, const Extent& extent);        // 2
void PeakReset(Sheet& sheet, const Extent& extent);     // 3
void RaplWraps(Sheet& sheet, const Extent& extent);     // 4
void RaplScopes(Sheet& sheet, const Extent& extent);    // 5
void RaplFailures(Sheet& sheet, const Extent& extent);  // 6
void Gauges(Sheet& sheet, const Extent& extent);        // 7
void OtherMeters(Sheet& sheet, const Extent& extent);   // 8
void HeatSources(Sheet& sheet, const Extent& extent);   // 9
void Timing(Sheet& sheet, const Extent& extent);        // 10
void Concurrency(Sheet& sheet, const Extent& extent);   // 14

}  // namespace inferometer::checks
