#pragma once
// How many CPUs there are for us.

namespace inferometer::os {

// CPUs that this process may run on (its affinity mask), at least 1.
[[nodiscard]] int UsableCpus();

}  // namespace inferometer::os
