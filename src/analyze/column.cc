#include "analyze/column.h"

#include "base/quantile.h"

namespace inferometer::analyze {

void Column::Narrow(std::size_t most) {
  if (quantiles_) return;
  if (!narrowed_) {
    Count();
    narrowed_ = std::make_unique<RankSelection>(kQuantiles);
    narrowed_->Take({values_.get(), stored_});
    values_.reset();
    stored_ = counted_ = capacity_ = 0;
  }
  narrowed_->Narrow(most);
}

bool Column::FindQuantiles(std::size_t most) {
  if (quantiles_) return true;
  if (!narrowed_) {
    quantiles_ = Quantiles();
    return true;
  }
  if (!narrowed_->End(most)) return false;
  quantiles_ = narrowed_->Quantiles();
  narrowed_.reset();
  return true;
}

std::vector<double> Column::Quantiles() {
  if (quantiles_) return *quantiles_;
  return base::QuantilesType7({values_.get(), stored_}, {least(), most()}, kQuantiles);
}

}  // namespace inferometer::analyze
