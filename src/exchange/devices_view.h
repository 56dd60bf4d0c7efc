#pragma once
// The view `devices` of an exported database: what its records and contexts say of each device.

#include <string>
#include <vector>

#include "exchange/database_table.h"
#include "inferometer/status.h"

namespace inferometer::exchange {

// One row a device, with the columns of the query's `devices` (docs/lake.md).
[[nodiscard]] std::string CreateDevicesSql(Dialect dialect);

// Whether it is to be made: nothing of its name was found. kFailedPrecondition where what was found is none of ours.
[[nodiscard]] Result<bool> LacksDevices(const std::vector<FoundColumn>& found);

}  // namespace inferometer::exchange
