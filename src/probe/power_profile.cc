#include "probe/power_profile.h"

namespace inferometer::probe {

Energy CalibratedEnergy(const OperatingPoint& point, std::chrono::nanoseconds duration) {
  const double mj = 1000.0 * point.watts * std::chrono::duration<double>(duration).count();
  return {mj, kCalibratedUncertainty * mj};
}

}  // namespace inferometer::probe
