#include "mqtt/keys/broker_files.h"

#include <fmt/format.h>

#include <string_view>

namespace inferometer::mqtt::keys {
namespace {

constexpr std::string_view kConf =
    R"(# Mosquitto for Inferometer, as `inferometer keys broker-config` writes it. For 2.0.11 of Debian 12 with its security updates,
# or 2.0.16 and newer. What each line keeps out stands in docs/security.md.

# --- who may do what ---
per_listener_settings false
allow_anonymous false
acl_file {folder}/acl

# --- what nobody may exceed ---
# The largest packet. A record is 1 KiB; a status with all its losses is below 64 KiB.
max_packet_size 262144
# Messages for one client that reads slowly. What gives way here is sent again: a device waits for the hub, not for the broker.
max_queued_messages 20000
max_queued_bytes 67108864
max_inflight_messages 20
# A client that is silent for 1.5 times as long is gone.
max_keepalive 120
# Sessions that nobody comes back to.
persistent_client_expiration 1d

# Nothing rests on the broker's disk. Retained messages are allowed (the default): without them Mosquitto 2.0.11 refuses a
# client that comes with a retained last will, as every device does.
persistence false
set_tcp_nodelay true

# --- the only way in ---
# No listener without TLS, and none for websockets: Mosquitto does not check the revocation list there.
listener {port}
# More need more open files (LimitNOFILE of the service).
max_connections 12000
max_qos 1
cafile {folder}/ca.pem
certfile {folder}/broker.pem
keyfile {folder}/broker.key
crlfile {folder}/crl.pem
require_certificate true
# Who connects is whom the certificate names, whatever the connect says: as user, and as client id, so that nobody can push
# another out.
use_identity_as_username true
use_username_as_clientid true
)";

constexpr std::string_view kPatterns =
    R"(# Who may use which topic, as `inferometer keys broker-config` writes it. %u is the name in the client's certificate.
# What is not allowed here is refused, $SYS and $CONTROL too. No line ends in /#: a name with a slash in it would reach into
# another's topics ("inferometer keys" signs none).

# --- every device, in its own name ---
pattern write iot/metrics/%u
pattern write iot/metrics/%u/summary
pattern write iot/analysis/%u
pattern write iot/status/%u
pattern read iot/telemetry/%u
pattern read iot/ack/%u
)";

constexpr std::string_view kHub = R"(topic read iot/metrics/+
topic read iot/metrics/+/summary
topic read iot/status/+
topic write iot/ack/+
)";

constexpr std::string_view kSensors = R"(topic write iot/telemetry/+
)";

constexpr std::string_view kViewer = R"(topic read iot/metrics/+
topic read iot/metrics/+/summary
topic read iot/analysis/+
topic read iot/status/+
)";

struct Grant {
  Role role;
  std::string_view heading;
  std::string_view topics;
};

// In order of kRoles.
constexpr std::array kGrants = {
    Grant{Role::kHub, "the hub: takes records, and is the only one that acknowledges them", kHub},
    Grant{Role::kSensors, "the sensors' gateway, or `inferometer simulate`: messages for every device", kSensors},
    Grant{Role::kViewer, "dashboards and scripts: read, and change nothing", kViewer},
};

void AppendUser(const std::string& user, std::string_view topics, std::string& acl) {
  acl += fmt::format("user {}\n{}", user, topics);
}

}  // namespace

std::string MosquittoConf(const BrokerFiles& files) {
  return fmt::format(kConf, fmt::arg("folder", files.folder.string()), fmt::arg("port", files.port));
}

std::string AccessList(const BrokerFiles& files) {
  std::string acl(kPatterns);
  for (std::size_t at = 0; at < kGrants.size(); ++at) {
    const Grant& grant = kGrants[at];
    acl += fmt::format("\n# --- {} ---\n", grant.heading);
    if (files.of_role[at] == 1) AppendUser(UserName(grant.role), grant.topics, acl);
    for (int number = 1; files.of_role[at] > 1 && number <= files.of_role[at]; ++number) {
      AppendUser(UserName(grant.role, number), grant.topics, acl);
    }
  }
  return acl;
}

}  // namespace inferometer::mqtt::keys
