#pragma once
// What a stored record says of its time.

#include <string_view>

#include "hub/clock_repair.h"
#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::hub {

struct Stamp {
  WallTime timestamp;  // as the device has it
  ClockFacts clock;
};

// Of a record that the Validator took: what nobody asks for here is not looked into once more. kDataLoss where it is no
// JSON object with a timestamp. Safe from any thread.
[[nodiscard]] Result<Stamp> ReadStamp(std::string_view line);

}  // namespace inferometer::hub
