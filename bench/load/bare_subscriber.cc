// The least that a receiver can do: libmosquitto as the hub has it, every message thrown away.
//   bench-bare-subscriber PORT MESSAGES
// Prints "subscribed" once it is, and a JSON object when it has so many and the broker has handled its acknowledgements
// of them: a broker reads one packet of each connection in turn, so those can lag behind by tens of thousands. Times
// are the system's steady clock's, in seconds, as is the CPU time taken.
#include <fmt/format.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "os/process.h"

namespace {

constexpr const char* kFilter = "iot/metrics/+";

struct Count {
  std::uint64_t wanted = 0;
  std::uint64_t messages = 0;
  std::chrono::steady_clock::time_point last_message{};
};

double Seconds(std::chrono::steady_clock::time_point at) {
  return std::chrono::duration<double>(at.time_since_epoch()).count();
}

void OnConnect(mosquitto* client, void*, int code, int, const mosquitto_property*) {
  if (code != 0) std::exit(1);
  mosquitto_subscribe_v5(client, nullptr, kFilter, 1, 0, nullptr);
}
void OnSubscribe(mosquitto*, void*, int, int, const int*, const mosquitto_property*) {
  fmt::print("subscribed\n");
  std::fflush(stdout);
}
void OnMessage(mosquitto* client, void* self, const mosquitto_message*, const mosquitto_property*) {
  auto& count = *static_cast<Count*>(self);
  if (++count.messages < count.wanted) return;
  count.last_message = std::chrono::steady_clock::now();
  mosquitto_unsubscribe(client, nullptr, kFilter);  // answered behind the acknowledgements, as all packets in order
}
void OnUnsubscribe(mosquitto* client, void* self, int, const mosquitto_property*) {
  const auto& count = *static_cast<const Count*>(self);
  const std::chrono::duration<double> cpu = inferometer::os::LaggingProcessCpuTime();
  fmt::print(R"({{"last_message":{:.6f},"end":{:.6f},"messages":{},"cpu_seconds":{:.3f}}})"
             "\n",
             Seconds(count.last_message), Seconds(std::chrono::steady_clock::now()), count.messages, cpu.count());
  std::fflush(stdout);
  mosquitto_disconnect(client);
}

}  // namespace

int main(int argc, char** argv) {
  constexpr int kNoMaximum = 65535;
  if (argc != 3) {
    fmt::print(stderr, "usage: bench-bare-subscriber PORT MESSAGES\n");
    return 2;
  }
  Count count{.wanted = std::strtoull(argv[2], nullptr, 10)};
  mosquitto_lib_init();
  mosquitto* client = mosquitto_new("bare", true, &count);
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, kNoMaximum);
  mosquitto_connect_v5_callback_set(client, OnConnect);
  mosquitto_subscribe_v5_callback_set(client, OnSubscribe);
  mosquitto_message_v5_callback_set(client, OnMessage);
  mosquitto_unsubscribe_v5_callback_set(client, OnUnsubscribe);
  if (mosquitto_connect(client, "127.0.0.1", static_cast<int>(std::strtol(argv[1], nullptr, 10)), 60) != 0) return 1;
  mosquitto_loop_forever(client, -1, 1);
  mosquitto_destroy(client);
  return 0;
}
