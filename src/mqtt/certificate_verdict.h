#pragma once
// What a broker says of this machine's certificate to a client that says nothing itself. Internal to this folder.
//
// In TLS 1.3 a client's handshake is over before the broker has judged the certificate, so libmosquitto's CONNECT is on
// its way by then. A broker that hangs up with that unread makes its system reset the connection, and the reset
// overtakes the reason.

#include <chrono>
#include <string>

#include "mqtt/options.h"

namespace inferometer::mqtt {

// OpenSSL's words for the alert that the broker sends; empty where it sends none within `at_most`, or where the
// handshake fails for another reason. Blocks for at most twice that, but for a name to be resolved.
// REQUIRES: options.tls
[[nodiscard]] std::string AskForVerdict(const Options& options, std::chrono::seconds at_most);

}  // namespace inferometer::mqtt
