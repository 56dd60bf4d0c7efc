#pragma once
// Power by the power-management chip of a Raspberry Pi 5, which its firmware reads ("vcgencmd pmic_read_adc").

#include <memory>
#include <string_view>

#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

struct PmicReading {
  double watts;       // over the rails that have a current
  std::size_t rails;  // 12 on a Raspberry Pi 5
};

// From lines like "   3V7_WL_SW_A current(0)=0.08595288A" and " 3V7_WL_SW_V volt(8)=3.69234800V". A voltage without a
// current (EXT5V, BATT) is passed over. kDataLoss with the byte for a line that is malformed or there twice and for a
// current without its voltage; kNotFound where no line has a current (boards before the 5).
[[nodiscard]] Result<PmicReading> ParsePmicAdc(std::string_view text);

// Scope "board": what hangs on the 5 V input directly is not in it. kNotFound on any other machine; kPermissionDenied
// with the command that allows asking the firmware.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenPmic(const EnergyRoots& roots);

}  // namespace inferometer::probe
