#pragma once
// Reading loading_metrics.json: what loading a model took.

#include <optional>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

struct ModelLoading {
  std::optional<WallTime> timestamp;
  std::string device_id;
  std::string model_name;
  std::optional<double> load_time_seconds;
};

// Reads one object; keys that are not needed are passed over. Fails with byte and field on damage.
[[nodiscard]] Result<ModelLoading> ParseModelLoading(std::string_view json);

}  // namespace inferometer::analyze
