#pragma once
// Which of the lake's columns a SELECT reads, so that no others need to be kept for it. Internal to src/lake.

#include <cstddef>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "lake/database.h"

namespace inferometer::lake {

// Places in Columns(), rising: at least those that `sql` may read of `records` or of `devices`. All of them where that
// cannot be told from the names in it: "*" and its like, columns by number, a whole row as a value, what cannot be
// parsed.
[[nodiscard]] Result<std::vector<std::size_t>> ColumnsReadBy(Database& database, const std::string& sql);

}  // namespace inferometer::lake
