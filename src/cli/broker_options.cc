#include "cli/broker_options.h"

#include <cstdlib>

#include "os/files.h"

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

Result<mqtt::Options> BrokerOptions(const BrokerArguments& arguments) {
  mqtt::Options options;
  const bool tls = arguments.tls || !arguments.ca_file.empty();
  options.host = arguments.host;
  options.port = arguments.port != 0 ? arguments.port : tls ? kTlsPort : kPlainPort;
  options.username = arguments.username;
  ASSIGN_OR_RETURN(options.password, Password(arguments.password_file));
  if (tls) options.tls = mqtt::Tls{arguments.ca_file, arguments.cert_file, arguments.key_file};
  return options;
}

}  // namespace inferometer::cli
