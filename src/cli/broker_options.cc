#include "cli/broker_options.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "base/clock.h"
#include "base/device_id.h"
#include "mqtt/keys/certificate.h"
#include "mqtt/keys/expiry.h"
#include "os/files.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

constexpr int kPlainPort = 1883;
constexpr int kTlsPort = 8883;
constexpr std::size_t kLongestPassword = 65535;  // MQTT's own limit

Result<std::string> Password(const std::string& file) {
  if (file.empty()) {
    const char* environment = std::getenv("MQTT_PASSWORD");
    return std::string(environment == nullptr ? "" : environment);
  }
  ASSIGN_OR_RETURN(const std::string text, os::ReadFile(file, kLongestPassword));
  return text.substr(0, text.find_first_of("\r\n"));
}

void WarnOfEnd(const std::string& file, const mqtt::keys::Certificate& certificate, WallTime now) {
  const auto left = mqtt::keys::Left(certificate.not_after, now);
  if (left > mqtt::keys::kWarnedBefore) return;
  const std::string date = mqtt::keys::Date(certificate.not_after);
  if (left.count() < 0) {
    spdlog::warn("the certificate {} ended on {}: the broker will refuse it; get a new one, or set the clock",
                 report::TerminalText(file), date);
  } else {
    spdlog::warn("the certificate {} ends on {}, in {} days: get a new one (inferometer keys ... --renew)",
                 report::TerminalText(file), date, left.count());
  }
}

void WarnOfReadableKey(const std::string& file) {
  std::error_code error;
  const auto mode = std::filesystem::status(file, error).permissions();
  if (error || (mode & std::filesystem::perms::others_read) == std::filesystem::perms::none) return;
  spdlog::warn("everybody on this machine can read the key {}: chmod 600", report::TerminalText(file));
}

// What cannot be read is the connection's to tell.
void WarnOfCertificate(const BrokerArguments& arguments) {
  if (arguments.cert_file.empty()) return;
  const auto certificate = mqtt::keys::ReadCertificate(arguments.cert_file);
  if (certificate.ok()) WarnOfEnd(arguments.cert_file, *certificate, base::SystemClock().Wall());
  WarnOfReadableKey(arguments.key_file);
}

}  // namespace

void AddBrokerOptions(CLI::App& app, BrokerArguments& arguments) {
  const char* group = "Broker";
  app.add_option("--broker", arguments.host, "Host of the MQTT broker")
      ->envname("MQTT_BROKER")
      ->type_name("HOST")
      ->group(group);
  app.add_option("--port", arguments.port, "Its port (default 1883, with TLS 8883)")
      ->envname("MQTT_PORT")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT")
      ->group(group);
  app.add_option("--username", arguments.username, "User at the broker")->envname("MQTT_USERNAME")->group(group);
  app.add_option("--password-file", arguments.password_file,
                 "File whose first line is the password (else MQTT_PASSWORD)")
      ->type_name("FILE")
      ->group(group);
  app.add_flag("--tls", arguments.tls, "Encrypt, and check the broker's certificate")->group(group);
  app.add_option("--ca", arguments.ca_file, "CA certificate(s) to trust, PEM (implies --tls; default: the system's)")
      ->type_name("FILE")
      ->group(group);
  app.add_option("--cert", arguments.cert_file, "Certificate of this client, PEM")->type_name("FILE")->group(group);
  app.add_option("--key", arguments.key_file, "Its private key, PEM")->type_name("FILE")->group(group);
}

// As mosquitto's own clients take it: an address of IPv6 has more than one colon, a name has none.
Status CheckHost(const std::string& host) {
  if (host.find("://") != std::string::npos) {
    return {Code::kInvalidArgument,
            fmt::format("\"{}\" is a URL, not a host: give --broker HOST --port PORT, and --tls", host)};
  }
  const std::size_t colon = host.find(':');
  if (colon == std::string::npos || host.find(':', colon + 1) != std::string::npos) return Ok();
  return {Code::kInvalidArgument, fmt::format("the host \"{}\" has a port in it: give --broker {} --port {}", host,
                                              host.substr(0, colon), host.substr(colon + 1))};
}

Result<mqtt::Options> BrokerOptions(const BrokerArguments& arguments) {
  RETURN_IF_ERROR(CheckHost(arguments.host));
  mqtt::Options options;
  const bool tls = arguments.tls || !arguments.ca_file.empty() || !arguments.cert_file.empty();
  options.host = arguments.host;
  options.port = arguments.port != 0 ? arguments.port : tls ? kTlsPort : kPlainPort;
  options.username = arguments.username;
  ASSIGN_OR_RETURN(options.password, Password(arguments.password_file));
  if (tls) options.tls = mqtt::Tls{arguments.ca_file, arguments.cert_file, arguments.key_file};
  WarnOfCertificate(arguments);
  return options;
}

std::optional<WallTime> NewestCertificateBegin(const BrokerArguments& arguments) {
  std::optional<WallTime> newest;
  for (const std::string& file : {arguments.ca_file, arguments.cert_file}) {
    if (file.empty()) continue;
    const auto certificate = mqtt::keys::ReadCertificate(file);
    if (certificate.ok() && newest.value_or(WallTime::min()) < certificate->not_before)
      newest = certificate->not_before;
  }
  return newest;
}

Status CheckCertificateNames(const BrokerArguments& arguments, const std::string& device_id) {
  if (arguments.cert_file.empty() || !arguments.username.empty()) return Ok();
  ASSIGN_OR_RETURN(const mqtt::keys::Certificate certificate, mqtt::keys::ReadCertificate(arguments.cert_file));
  const std::string& name = certificate.common_name;
  const auto id = base::CanonicalDeviceId(name);
  if (!id.ok() && !name.starts_with('_')) return Ok();
  if (id.ok() && *id == device_id) return Ok();
  return {Code::kInvalidArgument,
          fmt::format("the certificate {} is of \"{}\", and this device is \"{}\": the broker would refuse what it "
                      "publishes; {}take the certificate of {} (inferometer keys device)",
                      arguments.cert_file, name, device_id, id.ok() ? fmt::format("give --device-id {}, or ", *id) : "",
                      device_id)};
}

}  // namespace inferometer::cli
