#pragma once
// The text of the column `unrounded`: a JSON object of reals that were written with more digits than their column
// holds.

#include <cstddef>
#include <functional>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::lake {

// Calls `each` with the index into record::Fields() and the value. kDataLoss for anything but such an object.
[[nodiscard]] Status ForEachUnrounded(std::string_view json, const std::function<void(std::size_t, double)>& each);

}  // namespace inferometer::lake
