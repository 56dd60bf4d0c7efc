#pragma once
// Throttling as the firmware of a Raspberry Pi tells it ("vcgencmd get_throttled").

#include <cstdint>
#include <memory>
#include <string_view>

#include "inferometer/status.h"
#include "os/mailbox.h"
#include "probe/heat/throttle_source.h"

namespace inferometer::probe {

// The bits of "throttled=0x50005" (Raspberry Pi documentation, "get_throttled"): 0 under-voltage, 1 frequency capped,
// 2 throttled, 3 soft temperature limit; 16 to 19: the same has occurred since boot. kDataLoss with the byte.
[[nodiscard]] Result<std::uint32_t> ParseThrottled(std::string_view text);

// Bits 0 to 3 of `bits` as reasons. Bit 2 is thermal, as the firmware means it; low voltage on a cold chip can set it,
// too, together with bit 0.
[[nodiscard]] ReasonSet ReasonsOf(std::uint32_t bits);

// Live bits, and those of "has occurred" that came since the last look: one that was there before says nothing of a
// window. (The kernel's rpi_volt driver clears them every two seconds; then they can come again.) Errors as of the
// mailbox, kDataLoss.
[[nodiscard]] Result<std::unique_ptr<ThrottleSource>> OpenFirmwareThrottle(
    std::shared_ptr<os::FirmwareMailbox> mailbox);

}  // namespace inferometer::probe
