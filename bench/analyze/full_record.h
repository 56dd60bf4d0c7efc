#pragma once
// A record with every field, as a board with every sensor would write it.

#include "inferometer/record.h"
#include "random.h"

namespace inferometer {

// Fills in what `record`, which has what the older system measures, lacks: all but error_type, which a record that
// succeeded has not.
void AddEveryField(InferenceRecord& record, int sequence, Random& random);

}  // namespace inferometer
