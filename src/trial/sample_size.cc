#include "trial/sample_size.h"

#include <algorithm>
#include <boost/math/constants/constants.hpp>
#include <boost/math/distributions/chi_squared.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace inferometer::trial {
namespace {

constexpr double kSureOfSpread = 0.8;
constexpr double kEfficiencyOfRanks = 3 / boost::math::constants::pi<double>();

double UpperLimit(double squares, double degrees_of_freedom) {
  return squares / boost::math::quantile(boost::math::chi_squared(degrees_of_freedom), 1 - kSureOfSpread);
}

// Of the ratios' absolute values alone, see the header. Around 0 their mean square tells the variance, which then takes
// a difference for spread; the variance of the absolute values does not, and is 1 - 2/pi of the whole there. Far from 0
// it is the whole.
double UpperVariance(std::span<const double> ratios) {
  constexpr double kShareAroundZero = 1 - 2 / boost::math::constants::pi<double>();
  constexpr double kFarFromZero = 3;  // standard deviations; 1.3 where the ratios lie around 0
  const auto n = static_cast<double>(ratios.size());
  double mean = 0;
  double around_zero = 0;
  for (const double ratio : ratios) {
    mean += std::abs(ratio) / n;
    around_zero += ratio * ratio;
  }
  double around_mean = 0;
  for (const double ratio : ratios) around_mean += (std::abs(ratio) - mean) * (std::abs(ratio) - mean);
  const double of_sizes = UpperLimit(around_mean, n - 1);
  if (mean > kFarFromZero * std::sqrt(around_mean / (n - 1))) return of_sizes;
  return std::min(UpperLimit(around_zero, n), of_sizes / kShareAroundZero);
}

// The least p of n pairs is 2 / 2^n.
bool CanReach(std::size_t n, double level) { return std::pow(2.0, 1 - static_cast<double>(n)) <= level; }

bool Suffices(std::size_t n, double relative_variance, const SizeQuestion& question) {
  const boost::math::students_t t(static_cast<double>(n - 1));
  const double reach = boost::math::quantile(t, 1 - question.level / 2) + boost::math::quantile(t, question.power);
  return static_cast<double>(n) * kEfficiencyOfRanks >= reach * reach * relative_variance;
}

}  // namespace

std::size_t BlocksNeeded(std::span<const double> log_ratios, const SizeQuestion& question) {
  const double effect = std::log1p(question.effect);
  const double relative_variance = UpperVariance(log_ratios) / (effect * effect);
  std::size_t n = kPilotBlocks;
  while (n < question.most && !(CanReach(n, question.level) && Suffices(n, relative_variance, question))) ++n;
  return std::max(n, kPilotBlocks);
}

}  // namespace inferometer::trial
