#pragma once
// What will run out soon, in time to do something about it.

#include <chrono>
#include <string>
#include <vector>

#include "inferometer/record.h"
#include "mqtt/keys/certificate.h"
#include "mqtt/keys/certificate_authority.h"
#include "mqtt/keys/revocation_list.h"

namespace inferometer::mqtt::keys {

// A certificate is warned of this long before its end.
inline constexpr Days kWarnedBefore{30};

// Whole days, rounded down: 0 on the last one, below 0 once it is over.
[[nodiscard]] Days Left(WallTime until, WallTime now);

// "2027-11-26"
[[nodiscard]] std::string Date(WallTime time);

// Sentences with the next step, the most urgent kind first: the revocation list from half its life on, since its end
// locks everybody out; the authority in its last year; the newest certificate of each name that is not revoked.
[[nodiscard]] std::vector<std::string> ExpiryWarnings(const Certificate& authority, const RevocationList& list,
                                                      const std::vector<IssuedCertificate>& issued, WallTime now);

}  // namespace inferometer::mqtt::keys
