#pragma once
// Whether heat costs speed: temperature against tokens/s of one group's inferences.

#include <string>
#include <vector>

#include "report/html/point_sample.h"
#include "report/html/strips.h"

namespace inferometer::report::html {

struct HeatSpeed {
  std::vector<Point> cool;       // x: degrees C, y: tokens/s; not throttled, or where nothing tells
  std::vector<Point> throttled;  // drawn as crosses
};

// Of temperatures, the same for all pictures of a device.
struct HeatRange {
  double coolest_c = 0;
  double hottest_c = 0;
  bool has_any = false;
  void Add(const std::vector<Point>& points);
};

// The speed begins at 0, so that what heat costs is seen in proportion. REQUIRES: there are points, and they lie within
// the range.
[[nodiscard]] std::string DrawHeatSpeed(const PictureText& text, const HeatSpeed& heat, const HeatRange& range);

}  // namespace inferometer::report::html
