#pragma once
// The broker's configuration and access list for Mosquitto, as texts. deploy/mosquitto holds what the defaults give.

#include <array>
#include <filesystem>
#include <string>

#include "mqtt/keys/users.h"

namespace inferometer::mqtt::keys {

struct BrokerFiles {
  std::filesystem::path folder = "/etc/mosquitto/inferometer";  // where they stand on the broker's machine
  int port = 8883;
  // How many of each role have a certificate of their own: 1 is "_hub", 3 is "_hub-1" to "_hub-3". In order of kRoles.
  std::array<int, kRoles.size()> of_role = {1, 1, 1};
};

[[nodiscard]] std::string MosquittoConf(const BrokerFiles& files);
[[nodiscard]] std::string AccessList(const BrokerFiles& files);

}  // namespace inferometer::mqtt::keys
