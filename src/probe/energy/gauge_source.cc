#include "probe/energy/gauge_source.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/units.h"

namespace inferometer::probe {
namespace {

using base::kMjPerJ;
using Seconds = std::chrono::duration<double>;

double Square(double value) { return value * value; }

EnergySourceFacts SourceFacts(const PowerGaugeFacts& gauge) {
  return {gauge.source, gauge.scope, gauge.averaging, true, gauge.detail};
}

}  // namespace

std::chrono::nanoseconds MostGap(std::chrono::nanoseconds duration) {
  return std::max<std::chrono::nanoseconds>(std::chrono::milliseconds(500), duration / 10);
}

double GaugeUncertaintyMj(double mj, const EnergyReading& begin, const EnergyReading& end,
                          const GaugeExtremes& extremes, const PowerGaugeFacts& facts,
                          std::chrono::nanoseconds duration) {
  const double rough_mj = IntegrationUncertaintyMj(begin, end, extremes, duration);
  // The same step may be cut off in every sample; the true value is anywhere within it.
  const double step_mj = kMjPerJ * facts.step_watts * Seconds(duration).count() / std::sqrt(3.0);
  const double age_mj = kMjPerJ * (extremes.most_watts - extremes.least_watts) * Seconds(facts.averaging).count();
  const double own_mj = facts.relative_uncertainty * std::abs(mj);
  return std::sqrt(Square(rough_mj) + Square(step_mj) + Square(age_mj) + Square(own_mj));
}

GaugeSource::GaugeSource(std::unique_ptr<PowerGauge> gauge, const base::Clock* clock)
    : gauge_(std::move(gauge)), clock_(clock), facts_(SourceFacts(gauge_->facts())) {}

Result<PowerSample> GaugeSource::Take() {
  const auto before = clock_->Steady();
  ASSIGN_OR_RETURN(const double watts, gauge_->ReadWatts());
  const auto after = clock_->Steady();
  if (!(watts >= 0) || watts > kMostOverdraw * gauge_->facts().most_watts) {
    return {Code::kDataLoss, fmt::format("{}: {} W is no power of this domain", facts_.name, watts)};
  }
  return PowerSample{before + (after - before) / 2, watts};
}

EnergyReading GaugeSource::Begin() {
  const auto sample = Take();
  if (sample.ok()) return integrator_.Begin(*sample);
  integrator_.Disturb(sample.status());
  EnergyReading reading = integrator_.Total();
  reading.ok = false;
  return reading;
}

EnergyReading GaugeSource::Read() {
  const auto sample = Take();
  if (sample.ok()) {
    integrator_.Add(*sample);
    return integrator_.Total();
  }
  integrator_.Disturb(sample.status());
  EnergyReading reading = integrator_.Total();
  reading.ok = false;
  return reading;
}

void GaugeSource::Sample() {
  const auto sample = Take();
  if (sample.ok()) integrator_.Add(*sample);  // a failure shows as a gap
}

Result<Energy> GaugeSource::Between(const EnergyReading& begin, const EnergyReading& end,
                                    std::chrono::nanoseconds duration) const {
  if (!WindowIsWhole(begin, end)) return integrator_.last_disturbance();
  const GaugeExtremes extremes = integrator_.Extremes();
  if (extremes.longest_gap > MostGap(duration)) {
    return {Code::kUnavailable, fmt::format("no sample for {:.0f} ms", Seconds(extremes.longest_gap).count() * 1000)};
  }
  const double mj = end.total_mj - begin.total_mj;
  if (mj <= 0) return {Code::kUnavailable, "it showed no power"};
  return Energy{mj, GaugeUncertaintyMj(mj, begin, end, extremes, gauge_->facts(), duration)};
}

SamplingFacts GaugeSource::Sampling(const EnergyReading& begin, const EnergyReading& end) const {
  return {end.samples - begin.samples + 1, integrator_.Extremes().longest_gap};
}

}  // namespace inferometer::probe
