#include "mqtt/certificate_reasons.h"

#include <fmt/format.h>

#include <array>
#include <string>

#include "mqtt/reasons.h"

namespace inferometer::mqtt {
namespace {

struct Alert {
  std::string_view text;  // as OpenSSL 3 says it
  std::string_view why;
  std::string_view next;
};

constexpr std::array kAlerts = {
    Alert{"alert certificate revoked", "it is revoked",
          "ask who runs the broker for a new one (inferometer keys device)"},
    // The broker's OpenSSL says the same of a revocation list that has ended.
    Alert{"alert certificate expired", "it has ended, or the broker's revocation list has",
          "inferometer keys list tells which; it is renewed with inferometer keys device --renew or keys crl"},
    Alert{"alert unknown ca", "it is not signed by the authority that the broker trusts",
          "take a certificate of the same authority as the broker's"},
    Alert{"alert bad certificate", "it is not valid yet, or not one",
          "check the clocks of both machines and the certificate's file"},
    Alert{"alert unsupported certificate", "it is not one for clients",
          "take one that inferometer keys device (or hub, or sensors) made"},
};

}  // namespace

std::optional<Status> CertificateRefused(const Options& options, std::string_view log) {
  const std::string file = options.tls ? options.tls->cert_file : "";
  if (log.find("alert certificate required") != std::string_view::npos) {
    return Status(Code::kPermissionDenied,
                  fmt::format("{} wants a certificate of this client (certificate required): give --cert and --key",
                              Address(options)));
  }
  for (const Alert& alert : kAlerts) {
    if (log.find(alert.text) == std::string_view::npos) continue;
    return Status(Code::kPermissionDenied, fmt::format("{} does not accept the certificate {}: {}; {}",
                                                       Address(options), file, alert.why, alert.next));
  }
  return std::nullopt;
}

}  // namespace inferometer::mqtt
