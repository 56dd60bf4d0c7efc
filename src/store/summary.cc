#include "store/summary.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "base/quantile.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::store {
namespace {

using record::JsonObject;

constexpr std::size_t kLeastForP95 = 59;  // docs/fields.md: a distribution-free 95 % bound needs so many
constexpr std::size_t kLeastForP99 = 299;
constexpr int kDecimals = 3;

std::optional<Spread> SpreadOf(std::span<const InferenceRecord> records,
                               std::optional<double> InferenceRecord::*member) {
  std::vector<double> values;
  for (const InferenceRecord& one : records) {
    if (!one.failed() && one.*member) values.push_back(*(one.*member));
  }
  if (values.empty()) return std::nullopt;
  Spread spread;
  spread.total = std::accumulate(values.begin(), values.end(), 0.0);
  spread.avg = spread.total / static_cast<double>(values.size());
  spread.min = *std::min_element(values.begin(), values.end());
  spread.max = *std::max_element(values.begin(), values.end());
  spread.p50 = base::QuantileType7(values, 0.5);
  if (values.size() >= kLeastForP95) spread.p95 = base::QuantileType7(values, 0.95);
  if (values.size() >= kLeastForP99) spread.p99 = base::QuantileType7(values, 0.99);
  return spread;
}

// Whether the energies may stand in one block.
bool EnergiesAreOfOneKind(std::span<const InferenceRecord> records) {
  const InferenceRecord* first = nullptr;
  for (const InferenceRecord& one : records) {
    if (one.failed() || !one.energy_consumed_mj) continue;
    if (first == nullptr) first = &one;
    if (one.energy_source != first->energy_source || one.energy_scope != first->energy_scope) return false;
  }
  return true;
}

void AppendSpread(JsonObject& object, std::string_view key, const std::optional<Spread>& spread, bool with_total,
                  std::string& out) {
  if (!spread) return;
  object.Key(key);
  JsonObject block(out);
  block.Real("min", spread->min, kDecimals).Real("max", spread->max, kDecimals).Real("avg", spread->avg, kDecimals);
  if (with_total) block.Real("total", spread->total, kDecimals);
  block.Real("p50", spread->p50, kDecimals)
      .Real("p95", spread->p95, kDecimals)
      .Real("p99", spread->p99, kDecimals)
      .Close();
}

}  // namespace

Summary Summarise(std::span<const InferenceRecord> records, const std::string& device_id) {
  Summary summary;
  summary.device_id = device_id;
  summary.total_inferences = static_cast<std::int64_t>(records.size());
  summary.failed_inferences =
      std::count_if(records.begin(), records.end(), [](const auto& one) { return one.failed(); });
  if (!records.empty()) summary.model_name = records.back().model_name.value_or("");
  summary.inference_time_ms = SpreadOf(records, &InferenceRecord::inference_time_ms);
  summary.memory_usage_mb = SpreadOf(records, &InferenceRecord::memory_used_mb);
  summary.cpu_usage_percent = SpreadOf(records, &InferenceRecord::cpu_percent_avg);
  if (EnergiesAreOfOneKind(records)) {
    summary.energy_consumption_mj = SpreadOf(records, &InferenceRecord::energy_consumed_mj);
  }
  return summary;
}

void AppendJson(const Summary& summary, std::string& out) {
  JsonObject object(out);
  object.Text("device_id", summary.device_id).Text("model_name", summary.model_name);
  object.Integer("total_inferences", summary.total_inferences).Integer("failed_inferences", summary.failed_inferences);
  AppendSpread(object, "inference_time_ms", summary.inference_time_ms, false, out);
  AppendSpread(object, "memory_usage_mb", summary.memory_usage_mb, false, out);
  AppendSpread(object, "cpu_usage_percent", summary.cpu_usage_percent, false, out);
  AppendSpread(object, "energy_consumption_mj", summary.energy_consumption_mj, true, out);
  object.Close();
}

}  // namespace inferometer::store
