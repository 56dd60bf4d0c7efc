#pragma once
// How the subcommands are told of a broker.

#include <optional>
#include <string>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/options.h"

namespace CLI {
class App;
}

namespace inferometer::cli {

struct BrokerArguments {
  std::string host;
  int port = 0;  // 0: 1883, or 8883 with TLS
  std::string username;
  std::string password_file;
  bool tls = false;
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
};

// The arguments must outlive the app's parsing.
void AddBrokerOptions(CLI::App& app, BrokerArguments& arguments);

// kInvalidArgument where it is a URL or has a port in it; says which options to give. An empty one passes.
[[nodiscard]] Status CheckHost(const std::string& host);

// The password is the first line of the password file, else the environment's MQTT_PASSWORD; never an argument, which
// everyone on the machine could read. Logs a warning when the certificate ends within 30 days or has ended, or when
// others can read its key.
[[nodiscard]] Result<mqtt::Options> BrokerOptions(const BrokerArguments& arguments);

// When the younger of the CA's certificate and this client's begins: a time that has passed for whoever trusts them.
// Nothing where neither is named, or can be read.
[[nodiscard]] std::optional<WallTime> NewestCertificateBegin(const BrokerArguments& arguments);

// A broker that takes its users from certificates lets a device write in the name that its certificate holds, and in no
// other. kInvalidArgument when the certificate names another device, or a user of `inferometer keys` that is none; a
// name that is neither, as another authority may give it, passes, and so does everything with a user name: the broker
// goes by that one.
[[nodiscard]] Status CheckCertificateNames(const BrokerArguments& arguments, const std::string& device_id);

}  // namespace inferometer::cli
