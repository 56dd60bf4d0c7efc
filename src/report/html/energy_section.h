#pragma once
#include "report/html/section.h"

namespace inferometer::report::html {

// Energies of one source and scope (and of one device, where a model of the board estimates them) share a picture;
// others never do.
[[nodiscard]] Section EnergySection(const Report& report);

}  // namespace inferometer::report::html
