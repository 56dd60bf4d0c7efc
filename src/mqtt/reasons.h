#pragma once
// Sentences about what went wrong with a broker, each with the next step. Pure functions.

#include <chrono>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "mqtt/options.h"

namespace inferometer::mqtt {

// "localhost:1883"
[[nodiscard]] std::string Address(const Options& options);

// libmosquitto's call returned `error` (a MOSQ_ERR_ code) with `system_error` (errno, or getaddrinfo's code), and
// logged `log` (OpenSSL's reasons stand there only).
[[nodiscard]] Status DialFailed(const Options& options, int error, int system_error, std::string_view log);
// The same for a connection that stood; `accepted` tells whether the broker had accepted it.
[[nodiscard]] Status ConnectionLost(const Options& options, int error, std::string_view log, bool accepted);

// The broker answered with an MQTT 5 reason code: to the connect, a subscription or a message, or it said good-bye by
// itself.
[[nodiscard]] Status ConnectRefused(const Options& options, int reason_code);
[[nodiscard]] Status SubscriptionRefused(const Options& options, std::string_view filter, int reason_code);
[[nodiscard]] Status PublishRefused(const Options& options, std::string_view topic, int reason_code);
[[nodiscard]] Status DisconnectedByBroker(const Options& options, int reason_code);

// The broker said nothing for `waited`, where an answer `to` something was due ("the connect").
[[nodiscard]] Status NoAnswer(const Options& options, std::string_view to, std::chrono::milliseconds waited);

}  // namespace inferometer::mqtt
