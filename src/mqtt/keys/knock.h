#pragma once
// One MQTT 5 connect with a certificate that exists in memory only: is it let in, or turned away?

#include <chrono>
#include <string>

#include "inferometer/status.h"
#include "mqtt/keys/certificate.h"

namespace inferometer::mqtt::keys {

struct Door {
  std::string host;  // must stand in the broker's certificate
  int port = 8883;
  std::string authority_pem;  // what the broker's certificate is checked against
};

enum class Welcome {
  kLetIn,       // and gone again, in order
  kTurnedAway,  // for its certificate: revoked
};

// Connects as `client_id` with a clean session and without a will, which pushes out whoever is there under that id, and
// disconnects. Waits at most `at_most` for each step. An error is everything that is neither of the two answers: nobody
// listens, the broker's certificate is wrong, the broker refuses for another reason. Ignores SIGPIPE for the whole
// process, as Connection does.
[[nodiscard]] Result<Welcome> Knock(const Door& door, const KeyPair& pass, const std::string& client_id,
                                    std::chrono::seconds at_most);

}  // namespace inferometer::mqtt::keys
