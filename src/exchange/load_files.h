#pragma once
// The loading_metrics.json files of a metrics directory, whole.

#include <filesystem>
#include <functional>
#include <string_view>
#include <vector>

#include "analyze/each_record.h"
#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::exchange {

// The entries of one such file. Nested values are passed over; kDataLoss says at which byte.
[[nodiscard]] Result<store::Context> ParseLoad(std::string_view json);

// Calls `each` with the entries of every such file, in the order of their paths; damaged ones are left out and added to
// `damaged`. Stops at the first failure of `each` and returns it.
[[nodiscard]] Status ForEachLoad(const std::filesystem::path& root,
                                 const std::function<Status(const analyze::RecordOrigin&)>& each,
                                 std::vector<analyze::Damage>& damaged);

}  // namespace inferometer::exchange
