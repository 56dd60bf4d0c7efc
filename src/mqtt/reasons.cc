#include "mqtt/reasons.h"

#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>
#include <netdb.h>

#include <cerrno>
#include <system_error>

#include "mqtt/certificate_reasons.h"

namespace inferometer::mqtt {
namespace {

Status Unavailable(std::string sentence) { return {Code::kUnavailable, std::move(sentence)}; }

bool Holds(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::string CaName(const Options& options) {
  if (options.tls && !options.tls->ca_file.empty()) return options.tls->ca_file;
  return "the certificates this machine trusts";
}

Status TlsFailed(const Options& options, std::string_view log) {
  if (auto refused = CertificateRefused(options, log)) return *refused;
  if (Holds(log, "host name verification failed")) {
    return Unavailable(
        fmt::format("the certificate of {} is not for \"{}\": connect with a host name that stands in the certificate",
                    Address(options), options.host));
  }
  if (Holds(log, "certificate verify failed")) {
    return Unavailable(
        fmt::format("the certificate of {} was not accepted: it is expired, not valid yet by this machine's clock, or "
                    "not signed by {}; check the clock and the CA file",
                    Address(options), CaName(options)));
  }
  return Unavailable(fmt::format("TLS with {} failed ({}): does the broker speak TLS on this port?", Address(options),
                                 log.empty() ? "no reason given" : log));
}

Status SystemCallFailed(const Options& options, int error) {
  const std::string what = std::generic_category().message(error);
  if (error == ECONNREFUSED) {
    return Unavailable(fmt::format("nobody listens at {}: is the broker running?", Address(options)));
  }
  return Unavailable(fmt::format("cannot reach {} ({}): check the host, the port and the network", Address(options),
                                 what.empty() ? "unknown error" : what));
}

}  // namespace

std::string Address(const Options& options) { return fmt::format("{}:{}", options.host, options.port); }

Status DialFailed(const Options& options, int error, int system_error, std::string_view log) {
  switch (error) {
    case MOSQ_ERR_EAI:
      return Unavailable(fmt::format("the host name \"{}\" cannot be resolved ({}): check its spelling and the network",
                                     options.host, ::gai_strerror(system_error)));
    case MOSQ_ERR_ERRNO: return SystemCallFailed(options, system_error);
    case MOSQ_ERR_TLS: return TlsFailed(options, log);
    default:
      return Unavailable(fmt::format("connecting to {} failed ({}{}{}): check the connection's options",
                                     Address(options), mosquitto_strerror(error), log.empty() ? "" : "; ", log));
  }
}

Status ConnectionLost(const Options& options, int error, std::string_view log, bool accepted) {
  if (error == MOSQ_ERR_TLS || !log.empty()) return TlsFailed(options, log);
  if (accepted) {
    // Mosquitto 2.0 does not say so when another client takes the id over.
    return Unavailable(fmt::format(
        "lost the connection to {} ({}): is the broker still running, and does no other client use the id \"{}\"?",
        Address(options), mosquitto_strerror(error), options.client_id));
  }
  return Unavailable(fmt::format("{} closed the connection without an answer: is an MQTT broker listening there, {}?",
                                 Address(options), options.tls ? "with TLS" : "without TLS"));
}

Status ConnectRefused(const Options& options, int reason_code) {
  switch (reason_code) {
    case CONNACK_REFUSED_PROTOCOL_VERSION:
    case MQTT_RC_UNSUPPORTED_PROTOCOL_VERSION:
      return Unavailable(fmt::format("{} does not speak MQTT 5: use a newer broker", Address(options)));
    case CONNACK_REFUSED_BAD_USERNAME_PASSWORD:
    case CONNACK_REFUSED_NOT_AUTHORIZED:
    case MQTT_RC_BAD_USERNAME_OR_PASSWORD:
    case MQTT_RC_NOT_AUTHORIZED:
      return {Code::kPermissionDenied,
              options.username.empty()
                  ? fmt::format("{} wants a user name and a password: give both", Address(options))
                  : fmt::format("{} does not accept the user \"{}\" with this password: check both, and the client id",
                                Address(options), options.username)};
    default:
      return Unavailable(fmt::format("{} refused the connection (code 0x{:02x}, {}): see the broker's log",
                                     Address(options), reason_code, mosquitto_reason_string(reason_code)));
  }
}

Status SubscriptionRefused(const Options& options, std::string_view filter, int reason_code) {
  return {Code::kPermissionDenied,
          fmt::format("{} refused the subscription to {} (code 0x{:02x}, {}): allow it in the broker's access list",
                      Address(options), filter, reason_code, mosquitto_reason_string(reason_code))};
}

Status PublishRefused(const Options& options, std::string_view topic, int reason_code) {
  return {Code::kPermissionDenied,
          fmt::format("{} refused a message to {} (code 0x{:02x}, {}): allow it in the broker's access list",
                      Address(options), topic, reason_code, mosquitto_reason_string(reason_code))};
}

Status DisconnectedByBroker(const Options& options, int reason_code) {
  if (reason_code == MQTT_RC_SESSION_TAKEN_OVER) {
    return Unavailable(
        fmt::format("another client with the id \"{}\" took the place at {}: give each device its own id",
                    options.client_id, Address(options)));
  }
  return Unavailable(fmt::format("{} ended the connection (code 0x{:02x}, {}): see the broker's log", Address(options),
                                 reason_code, mosquitto_reason_string(reason_code)));
}

Status NoAnswer(const Options& options, std::string_view to, std::chrono::milliseconds waited) {
  return Unavailable(fmt::format("{} has not answered {} for {:.1f} s: is the network up and the broker well?",
                                 Address(options), to, static_cast<double>(waited.count()) / 1000.0));
}

}  // namespace inferometer::mqtt
