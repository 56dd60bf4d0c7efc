#pragma once
// The summary block of a metrics file: the only statistics that are computed outside src/analyze.

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "inferometer/record.h"

namespace inferometer::store {

// Of the records that hold the quantity and did not fail. Quantiles by type 7 (NumPy's default); p95 only from 59
// values on and p99 from 299 on, since fewer cannot bound them.
struct Spread {
  double min = 0;
  double max = 0;
  double avg = 0;
  double total = 0;
  double p50 = 0;
  std::optional<double> p95;
  std::optional<double> p99;
};

struct Summary {
  std::string device_id;
  std::string model_name;              // the newest record's
  std::int64_t total_inferences = 0;   // every record, the failed ones too
  std::int64_t failed_inferences = 0;  // those with status "error"; they count in no figure below
  std::optional<Spread> inference_time_ms;
  std::optional<Spread> memory_usage_mb;
  std::optional<Spread> cpu_usage_percent;
  // Empty when the records' energies are of different source or scope: such figures have no common total.
  std::optional<Spread> energy_consumption_mj;
};

// Of records that are rounded as they are written, so that whoever reads the file gets the same figures. `device_id`
// stands in the summary even when there are no records.
[[nodiscard]] Summary Summarise(std::span<const InferenceRecord> records, const std::string& device_id);

// Appends the block as one JSON object, with the contract's keys.
void AppendJson(const Summary& summary, std::string& out);

}  // namespace inferometer::store
