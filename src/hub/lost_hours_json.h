#pragma once
// Reads what a device's status says of lost hours (docs/topics.md). Internal to the reader of statuses: simdjson's
// types appear here.

#include <simdjson.h>

#include "inferometer/status.h"
#include "store/lost_hours.h"

namespace inferometer::hub {

// One item of the list, of which StrictJson has checked everything. Types and ranges of single figures are checked
// here, what they are to each other by store::CheckLostHours. Failures name the field.
[[nodiscard]] Status ReadLostHours(simdjson::dom::object item, store::LostHours& hours);

}  // namespace inferometer::hub
