#pragma once
// What a connection is told, and what it tells.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "mqtt/answer.h"

namespace inferometer::mqtt {

// At most this many messages are on their way to the broker at once, whatever it would take.
inline constexpr std::size_t kMostOnTheirWay = 512;

// One message, published with QoS 1.
struct Message {
  std::string topic;
  std::string payload;
  bool retained = false;
  // A message with a ticket belongs to somebody who keeps it himself and sends it again himself. It goes to the broker
  // at most once: taken only while the connection is online, forgotten when that breaks or the queue is full, counted
  // neither as dropped nor as refused. Handlers::on_answer names the ticket; after a break no answer comes.
  std::optional<std::uint64_t> ticket = std::nullopt;
};

struct Tls {
  std::string ca_file;    // PEM; empty: the certificates that this machine trusts
  std::string cert_file;  // PEM, with key_file: this client's certificate; both or neither, and only with ca_file
  std::string key_file;
};

struct Options {
  std::string host = "localhost";
  int port = 1883;
  std::string client_id;  // two connections with one id push each other out of the broker
  std::string username;   // empty: none
  std::string password;
  std::optional<Tls> tls;
  // The UTC time at which the broker's certificate is judged, on a machine whose clock cannot be right and would find
  // it not valid yet; nothing, or an empty function: by the machine's clock, as always. Asked at every attempt, on the
  // network thread. All else is checked as ever: the authority, the host name, the purpose, the end.
  std::function<std::optional<WallTime>()> certificates_judged_at;
  std::chrono::seconds keepalive{20};
  std::optional<Message> last_will;
  std::vector<std::string> subscriptions;  // topic filters, QoS 1; made again at each connect

  // Larger messages are not delivered: the broker is told at connect, and drops them.
  std::size_t most_incoming_bytes = std::size_t{256} * 1024;

  // The bounds of what waits for its acknowledgement. When one is reached, the oldest message that is not on its way
  // yet is dropped and counted.
  std::size_t most_waiting_messages = 10'000;
  std::size_t most_waiting_bytes = std::size_t{64} * 1024 * 1024;

  // Full jitter: the n-th wait after a failure is uniform in 0 to min(backoff_most, backoff_first * 2^(n-1)). The first
  // attempt is made at once; a broker that accepts the connection sets n back.
  std::chrono::milliseconds backoff_first{1'000};
  std::chrono::milliseconds backoff_most{60'000};
  std::function<double()> random;  // uniform in [0, 1), called on the network thread; empty: seeded by the machine

  // How long the broker may take to answer a connect or a subscribe.
  std::chrono::milliseconds answer_within{10'000};
};

// Called on the network thread, one at a time, never with a lock held: they may call Publish and stats(), but not Stop
// or the destructor. They should be quick, since the network waits for them, and must not throw. Empty ones are left
// out.
struct Handlers {
  // Both views die with the call. May take some seconds where the receiver cannot keep up: the broker then waits, too.
  // Our own pause is not taken for a silence of the broker's. But nothing else is sent meanwhile, so that a call that
  // takes longer than the keepalive makes the broker end the connection; and a message is acknowledged to the broker
  // before it is handed over here, so that a crash in the call loses it.
  std::function<void(std::string_view topic, std::string_view payload)> on_message;
  // No more input waits behind the messages handed over since the last call, or the connection ended: the end of a
  // batch.
  std::function<void()> on_idle = nullptr;
  // What became of a message with a ticket, in the order of the answers.
  std::function<void(std::uint64_t ticket, const Answer& answer)> on_answer = nullptr;
  // After every connect, once the broker has granted every subscription.
  std::function<void()> on_online;
  // When the connection was lost, or when an attempt or a subscription failed for another reason than the time before.
  // A whole sentence that says what to do next.
  std::function<void(const std::string& reason)> on_offline;
};

struct Stats {
  std::uint64_t connects = 0;
  std::uint64_t acknowledged = 0;        // by the broker, with and without a ticket, including:
  std::uint64_t without_subscriber = 0;  // acknowledged with 0x10: nobody was listening
  std::uint64_t dropped = 0;             // by the bounds of the queue
  std::uint64_t refused = 0;             // by the broker, or by us: too large for the broker, not a topic; no tickets
  std::size_t pending = 0;               // waiting or on its way
  std::optional<int> last_refusal_code;  // MQTT 5 reason code of the newest refusal by the broker
  bool online = false;                   // connected, all subscriptions granted
  // The largest packet the broker takes, as it said at the last connect; none: it named no bound.
  std::optional<std::size_t> most_packet_bytes;
  std::string last_error;  // a sentence; empty before the first failure; kept when things are well again
};

// Names the first option that cannot work, whatever the broker says.
[[nodiscard]] Status CheckOptions(const Options& options);
// Says why a message cannot be published to any broker: its topic.
[[nodiscard]] Status CheckMessage(const Message& message);

}  // namespace inferometer::mqtt
