#include "analyze/summary_check.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string_view>

namespace inferometer::analyze {
namespace {

bool ClaimsQuantiles(std::span<const SummaryClaim> claims) {
  return std::any_of(claims.begin(), claims.end(),
                     [](const SummaryClaim& claim) { return claim.field.find(".p") != std::string::npos; });
}

// What the records of one file say, each block computed when it is first asked for.
class RecordsView {
 public:
  explicit RecordsView(FileRecords& records) : with_quantiles_(ClaimsQuantiles(records.claims())) {
    if (records.groups().size() == 1) {
      columns_ = records.columns().data();
    } else {
      for (const Columns& columns : records.columns()) all_.Append(columns);
    }
  }

  // "inference_time_ms.avg"
  std::optional<double> Value(std::string_view field) {
    if (field == kTotalInferences) return static_cast<double>(columns_->total_inferences());
    if (field == kFailedInferences) return static_cast<double>(columns_->failed_inferences());
    const std::size_t dot = field.find('.');
    const auto name = std::find(kBlockNames.begin(), kBlockNames.end(), field.substr(0, dot));
    const auto block = static_cast<std::size_t>(name - kBlockNames.begin());
    if (!computed_[block]) {
      computed_[block] = true;
      spreads_[block] = columns_->SpreadOf(static_cast<Block>(block), with_quantiles_);
    }
    return spreads_[block] ? StatisticOf(*spreads_[block], field.substr(dot + 1)) : std::nullopt;
  }

 private:
  Columns all_;  // where there are several groups
  Columns* columns_ = &all_;
  bool with_quantiles_;
  std::array<bool, kBlocks> computed_{};
  std::array<std::optional<Spread>, kBlocks> spreads_;
};

}  // namespace

std::vector<Disagreement> CheckSummary(const std::string& file, FileRecords& records) {
  std::vector<Disagreement> found;
  if (records.claims().empty()) return found;
  RecordsView view(records);
  for (const SummaryClaim& claim : records.claims()) {
    const auto value = view.Value(claim.field);
    const bool agrees = value ? std::fabs(claim.value - *value) <= claim.tolerance : claim.value == 0.0;
    if (!agrees) found.push_back({file, claim.field, claim.value, value});
  }
  return found;
}

}  // namespace inferometer::analyze
