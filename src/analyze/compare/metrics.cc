#include "analyze/compare/metrics.h"

namespace inferometer::analyze {

MetricValues MetricValuesOf(const InferenceRecord& record) {
  MetricValues values = {record.inference_time_ms,  record.time_to_first_token_ms,
                         record.tokens_per_second,  record.time_per_output_token_ms,
                         record.memory_used_mb,     record.cpu_percent_avg,
                         record.energy_consumed_mj, std::nullopt};
  if (record.energy_consumed_mj && record.generated_tokens.value_or(0) > 0) {
    values.back() = *record.energy_consumed_mj / static_cast<double>(*record.generated_tokens);
  }
  return values;
}

std::optional<std::size_t> FindMetric(std::string_view name) {
  for (std::size_t i = 0; i < kCompareMetrics.size(); ++i) {
    if (kCompareMetrics[i].name == name) return i;
  }
  return std::nullopt;
}

}  // namespace inferometer::analyze
