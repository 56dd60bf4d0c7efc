#pragma once
// What is compared of two runs.

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "inferometer/record.h"

namespace inferometer::analyze {

enum class Better : std::uint8_t { kLower, kHigher, kNeither };

struct CompareMetric {
  std::string_view name;  // as in the field table, or made of fields of it
  Better better;
  bool is_speed;   // people read faster and slower, else lower and higher
  bool is_energy;  // has a source, a scope and an uncertainty
};

// CPU use is neither good nor bad: threads that wait by spinning count as busy.
inline constexpr std::array kCompareMetrics = {
    CompareMetric{"inference_time_ms", Better::kLower, true, false},
    CompareMetric{"time_to_first_token_ms", Better::kLower, true, false},
    CompareMetric{"tokens_per_second", Better::kHigher, true, false},
    CompareMetric{"time_per_output_token_ms", Better::kLower, true, false},
    CompareMetric{"memory_used_mb", Better::kLower, false, false},
    CompareMetric{"cpu_percent_avg", Better::kNeither, false, false},
    CompareMetric{"energy_consumed_mj", Better::kLower, false, true},
    CompareMetric{"energy_per_token_mj", Better::kLower, false, true},
};

using MetricValues = std::array<std::optional<double>, kCompareMetrics.size()>;
[[nodiscard]] MetricValues MetricValuesOf(const InferenceRecord& record);

[[nodiscard]] std::optional<std::size_t> FindMetric(std::string_view name);

}  // namespace inferometer::analyze
