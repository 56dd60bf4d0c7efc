#pragma once
// A sensor that tells the power of this moment. GaugeSource makes energy of it.

#include <chrono>
#include <string>

#include "inferometer/status.h"

namespace inferometer::probe {

struct PowerGaugeFacts {
  std::string source;  // as in EnergySourceFacts
  std::string scope;
  std::string detail;
  // The value is a mean over this long, or is this old: its time resolution.
  std::chrono::nanoseconds averaging{};
  double relative_uncertainty = 0;  // k = 2, what no number of samples removes: gain, calibration
  double step_watts = 0;            // of the value: 1 LSB
  double most_watts = 500;          // the domain cannot draw more
};

// Thread-safe. ReadWatts allocates nothing while it succeeds.
class PowerGauge {
 public:
  virtual ~PowerGauge() = default;
  [[nodiscard]] virtual const PowerGaugeFacts& facts() const = 0;
  // kDataLoss names the file; kUnavailable where the figure does not hold now (a battery that charges).
  [[nodiscard]] virtual Result<double> ReadWatts() = 0;

 protected:
  PowerGauge() = default;
  PowerGauge(const PowerGauge&) = default;
  PowerGauge& operator=(const PowerGauge&) = default;
};

}  // namespace inferometer::probe
