#include "probe/energy/gauge_integrator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/units.h"

namespace inferometer::probe {
namespace {

using base::kMjPerJ;
using Seconds = std::chrono::duration<double>;

double SecondsBetween(const PowerSample& first, const PowerSample& second) {
  return Seconds(second.at - first.at).count();
}

// What the trapezoid over (first, last) would miss of `middle`, in mJ.
double LeavingOutMj(const PowerSample& first, const PowerSample& middle, const PowerSample& last) {
  const double whole = SecondsBetween(first, last);
  const double on_line = first.watts + (last.watts - first.watts) * SecondsBetween(first, middle) / whole;
  return kMjPerJ * (middle.watts - on_line) * whole;
}

// Student's t for 95 %, scaled to 2 for many triples, by its first three terms in 1/degrees (Cornish and Fisher): a
// standard deviation of few triples is itself uncertain. Triples overlap: the correlations of second differences, -2/3
// and 1/6, leave one degree of freedom for 1 + 2 (4/9 + 1/36) of them.
double CoverageFactor(double triples) {
  const double degrees = triples / (1 + 2 * (4.0 / 9 + 1.0 / 36));
  return 2 * (1 + (1.21 + (1.44 + 1.30 / degrees) / degrees) / degrees);
}

}  // namespace

void GaugeIntegrator::Add(PowerSample sample) {
  const std::lock_guard lock(mutex_);
  AddUnderLock(sample);
}

EnergyReading GaugeIntegrator::Begin(PowerSample sample) {
  const std::lock_guard lock(mutex_);
  AddUnderLock(sample);
  in_a_row_ = 1;
  extremes_ = {last_.watts, last_.watts, {}};
  return total_;
}

void GaugeIntegrator::AddUnderLock(PowerSample sample) {
  if (total_.samples > 0 && sample.at <= last_.at) return;
  if (total_.samples > 0) Extend(sample);
  if (in_a_row_ == 0) extremes_ = {sample.watts, sample.watts, {}};
  before_last_ = last_;
  last_ = sample;
  ++in_a_row_;
  ++total_.samples;
  total_.watts = sample.watts;
}

void GaugeIntegrator::Extend(PowerSample sample) {
  total_.total_mj += kMjPerJ * SecondsBetween(last_, sample) * (last_.watts + sample.watts) / 2;
  if (in_a_row_ >= 2) {
    const double error_mj = LeavingOutMj(before_last_, last_, sample);
    total_.roughness_mj2 += error_mj * error_mj / 2;
  }
  extremes_.least_watts = std::min(extremes_.least_watts, sample.watts);
  extremes_.most_watts = std::max(extremes_.most_watts, sample.watts);
  extremes_.longest_gap = std::max(extremes_.longest_gap, sample.at - last_.at);
}

void GaugeIntegrator::Disturb(Status why) {
  const std::lock_guard lock(mutex_);
  ++total_.disturbances;
  last_disturbance_ = std::move(why);
}

EnergyReading GaugeIntegrator::Total() const {
  const std::lock_guard lock(mutex_);
  return total_;
}

GaugeExtremes GaugeIntegrator::Extremes() const {
  const std::lock_guard lock(mutex_);
  return extremes_;
}

Status GaugeIntegrator::last_disturbance() const {
  const std::lock_guard lock(mutex_);
  return last_disturbance_;
}

double IntegrationUncertaintyMj(const EnergyReading& begin, const EnergyReading& end, const GaugeExtremes& extremes,
                                std::chrono::nanoseconds duration) {
  if (end.samples - begin.samples < 2) {
    return kMjPerJ * (extremes.most_watts - extremes.least_watts) * Seconds(duration).count();
  }
  // For independent samples the errors of leaving out have six times the variance of one sample, so that the root is
  // the standard deviation of the integral; for one step twice it is above the largest error, half of step times
  // interval.
  const auto triples = static_cast<double>(end.samples - begin.samples - 1);
  return CoverageFactor(triples) * std::sqrt((end.roughness_mj2 - begin.roughness_mj2) / 3);
}

}  // namespace inferometer::probe
