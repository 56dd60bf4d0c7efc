#pragma once
// For tests and the truth check: values as inferences give them, of which the truth is known.

#include <boost/random/mersenne_twister.hpp>
#include <boost/random/normal_distribution.hpp>
#include <boost/random/uniform_01.hpp>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "analyze/compare/resampling_units.h"

namespace inferometer::analyze {

struct Noise {
  double variation = 0.1;  // standard deviation by mean, of the lognormal part
  double outliers = 0.05;  // share of the values that are half as large again
  double autocorrelation = 0;
};
inline constexpr double kOutlierFactor = 1.5;

// Draws arms. The same ones for the same seed.
class SimulatedRuns {
 public:
  explicit SimulatedRuns(std::uint64_t seed) : random_(seed) {}

  // `count` values around the median `level`, in run order.
  std::vector<Observation> Arm(std::size_t count, double level, const Noise& noise) {
    const double spread = std::sqrt(std::log(1 + noise.variation * noise.variation));
    const double fresh = std::sqrt(1 - noise.autocorrelation * noise.autocorrelation);
    std::vector<Observation> arm(count);
    double state = Normal();
    for (std::size_t i = 0; i < count; ++i) {
      if (i > 0) state = noise.autocorrelation * state + fresh * Normal();
      arm[i].value = level * std::exp(spread * state);
      if (Uniform() < noise.outliers) arm[i].value *= kOutlierFactor;
    }
    return arm;
  }

  double Normal() { return normal_(random_); }
  double Uniform() { return boost::random::uniform_01<>()(random_); }

 private:
  boost::random::mt19937_64 random_;
  boost::random::normal_distribution<> normal_;
};

}  // namespace inferometer::analyze
