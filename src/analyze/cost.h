#pragma once
// What an energy means in money and in battery charges.

#include <optional>

#include "analyze/analysis.h"

namespace inferometer::analyze {

// A figure with the interval that the energy's uncertainty puts around it. The error is the source's: it is the same
// way in every record and does not shrink with their number.
struct Estimate {
  double value = 0;
  std::optional<double> low;   // nothing where the uncertainty is not known
  std::optional<double> high;  // nothing, too, where there is no upper bound
};

struct CostQuestion {
  std::optional<double> price_per_kwh;  // in any currency
  std::optional<double> battery_wh;
};

// The price of the energy of 1,000 generated tokens. Nothing when no record has both energy and tokens.
[[nodiscard]] std::optional<Estimate> CostPer1000Tokens(const Group& group, double price_per_kwh);

// How many inferences a charge of the battery gives. Nothing when no record has an energy above 0.
[[nodiscard]] std::optional<Estimate> InferencesPerCharge(const Group& group, double battery_wh);

}  // namespace inferometer::analyze
