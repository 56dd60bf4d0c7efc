#pragma once
// A power gauge as a source of energy: read at both ends of a window and by the sampler between them.

#include <memory>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/energy/energy_source.h"
#include "probe/energy/gauge_integrator.h"
#include "probe/energy/power_gauge.h"

namespace inferometer::probe {

// Thread-safe: whoever reads adds a sample, stamped midway between two clock readings around it. A reading that fails
// or is impossible at either end spoils the window; one between them leaves a gap, which spoils it where it is longer
// than MostGap.
class GaugeSource final : public EnergySource {
 public:
  // `clock` must outlive it.
  GaugeSource(std::unique_ptr<PowerGauge> gauge, const base::Clock* clock);

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Begin() override;
  [[nodiscard]] EnergyReading Read() override;
  void Sample() override;
  // The uncertainty joins how rough the curve was, the step of the values, how old they are at the ends, and the
  // gauge's own (root of the sum of squares).
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override;
  [[nodiscard]] SamplingFacts Sampling(const EnergyReading& begin, const EnergyReading& end) const override;

 private:
  [[nodiscard]] Result<PowerSample> Take();

  const std::unique_ptr<PowerGauge> gauge_;
  const base::Clock* const clock_;
  const EnergySourceFacts facts_;
  GaugeIntegrator integrator_;
};

// Half a second, or a tenth of a longer window.
[[nodiscard]] std::chrono::nanoseconds MostGap(std::chrono::nanoseconds duration);

// k = 2, of a window whose integral and extremes are known. `resolution` is how old the values are.
[[nodiscard]] double GaugeUncertaintyMj(double mj, const EnergyReading& begin, const EnergyReading& end,
                                        const GaugeExtremes& extremes, const PowerGaugeFacts& facts,
                                        std::chrono::nanoseconds duration);

}  // namespace inferometer::probe
