#pragma once
// Putting a revoked user out of the broker. Mosquitto checks the revocation list at the handshake only: whoever is
// connected stays (measured with 2.0.11). So somebody with the same name takes the connection over, which the broker
// allows to a valid certificate of that name, and it lets the revoked one in no more.

#include <chrono>
#include <string>

#include "base/clock.h"
#include "inferometer/status.h"
#include "mqtt/keys/certificate.h"
#include "mqtt/keys/knock.h"

namespace inferometer::mqtt::keys {

// Waits until the broker turns `revoked` away, a pass that only the newest list names: it has read that list then. It
// may be gone for a moment, restarting. kUnavailable when it does not within `at_most`.
[[nodiscard]] Status AwaitRevocationList(const Door& door, const KeyPair& revoked, const base::Clock& clock,
                                         std::chrono::seconds at_most);

// Takes the connection of `name` over, with a pass of that name, and ends it: none is there when it has returned, and
// the broker has published that one's last will. REQUIRES: AwaitRevocationList was ok, else the other comes back.
[[nodiscard]] Status PutOut(const Door& door, const KeyPair& pass, const std::string& name);

}  // namespace inferometer::mqtt::keys
