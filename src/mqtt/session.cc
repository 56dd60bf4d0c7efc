#include "mqtt/session.h"

#include <fmt/format.h>
#include <mqtt_protocol.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <mutex>

#include "base/sanitizers.h"
#include "mqtt/certificate_reasons.h"
#include "mqtt/certificate_verdict.h"
#include "mqtt/reasons.h"
#include "mqtt/tls_context.h"

#ifdef INFEROMETER_SANITIZES_THREADS
// When the broker says good-bye, libmosquitto 2.0 unlocks a mutex that it has not locked (do_client_disconnect), which
// glibc bears. Every program with this file has its threads checked without being told of that.
extern "C" const char* __tsan_default_suppressions() { return "mutex:libmosquitto.so\n"; }
#endif

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr int kQos = 1;
constexpr int kLowestFailureCode = 128;
constexpr int kNoMaximum = 65535;
constexpr std::size_t kMostLogBytes = 1024;
// One read ends after so many packets, or the first that ends after so long.
constexpr std::size_t kMostPacketsARead = 512;
constexpr milliseconds kLongestRead{50};
// Where packets come in numbers they are let come together for so long: each time that we wait for the next one alone
// costs us and the broker a wake-up, as much as a message does.
constexpr milliseconds kGather{2};
constexpr std::chrono::seconds kVerdictWithin{2};

void InitialiseLibraryOnce() {
  static std::once_flag once;
  std::call_once(once, [] { mosquitto_lib_init(); });
}

// What all TLS connections of a process share libmosquitto 2.0.11 makes at the first dial, without a lock: two first
// ones at once made it twice, and one was leaked. Held by a dial until one has succeeded, so that others wait no longer
// than a dial of their own may take.
class FirstTlsDial {
 public:
  explicit FirstTlsDial(bool is_tls) {
    if (is_tls && !is_made_) lock_ = std::unique_lock(mutex_);
  }
  void Succeeded() const {
    if (lock_.owns_lock()) is_made_ = true;
  }

 private:
  inline static std::mutex mutex_;
  inline static std::atomic<bool> is_made_ = false;
  std::unique_lock<std::mutex> lock_;
};

Status CallFailed(std::string_view what, int error) {
  return {Code::kInternal, fmt::format("libmosquitto: {}: {}", what, mosquitto_strerror(error))};
}

const char* OrNull(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

struct FreeProperties {
  void operator()(mosquitto_property* list) const { mosquitto_property_free_all(&list); }
};

// As libmosquitto takes them, which only reads them. They live as long as `filters`.
std::vector<char*> NamesOf(const std::vector<std::string>& filters) {
  std::vector<char*> names;
  names.reserve(filters.size());
  for (const std::string& filter : filters) names.push_back(const_cast<char*>(filter.c_str()));
  return names;
}

std::size_t VarintBytes(std::size_t value) {
  std::size_t bytes = 1;
  for (; value > 127; value >>= 7) ++bytes;
  return bytes;
}

}  // namespace

// What libmosquitto calls: plain functions that know the session as `self`.
struct Session::Callbacks {
  static Session& Called(void* self) {
    auto& session = *static_cast<Session*>(self);
    ++session.callbacks_;
    return session;
  }

  static void Connected(mosquitto* client, void* self, int code, int, const mosquitto_property* properties) {
    Session& session = Called(self);
    session.answer_due_.reset();
    if (code != MQTT_RC_SUCCESS) {
      session.refused_with_ = code;
      return;
    }
    std::uint16_t receive_maximum = kNoMaximum;
    std::uint16_t keepalive = 0;
    std::uint32_t most_packet_bytes = 0;
    mosquitto_property_read_int16(properties, MQTT_PROP_RECEIVE_MAXIMUM, &receive_maximum, false);
    if (mosquitto_property_read_int16(properties, MQTT_PROP_SERVER_KEEP_ALIVE, &keepalive, false) != nullptr) {
      session.keepalive_ = std::chrono::seconds(keepalive);
    }
    if (mosquitto_property_read_int32(properties, MQTT_PROP_MAXIMUM_PACKET_SIZE, &most_packet_bytes, false) !=
        nullptr) {
      session.most_packet_bytes_ = most_packet_bytes;
    }
    session.window_ = std::min<std::size_t>(kMostOnTheirWay, receive_maximum);
    session.accepted_ = true;
    // As long as somebody listens, libmosquitto words a line about every packet, and throws it away.
    mosquitto_log_callback_set(client, nullptr);
  }
  static void Disconnected(mosquitto*, void* self, int code, const mosquitto_property*) {
    Session& session = Called(self);
    if (code >= kLowestFailureCode && !session.disconnected_with_) session.disconnected_with_ = code;
  }
  static void Published(mosquitto*, void* self, int packet_id, int code, const mosquitto_property*) {
    Called(self).events_.on_answer(packet_id, code);
  }
  static void Subscribed(mosquitto*, void* self, int, int count, const int* codes, const mosquitto_property*) {
    Session& session = Called(self);
    session.answer_due_.reset();
    session.events_.on_subscription(std::vector<int>(codes, codes + std::max(count, 0)));
  }
  static void Unsubscribed(mosquitto*, void* self, int, const mosquitto_property*) {
    Called(self).events_.on_unsubscription();
  }
  static void Received(mosquitto*, void* self, const mosquitto_message* message, const mosquitto_property*) {
    Session& session = Called(self);
    if (message->qos > 0) session.last_sent_ = steady_clock::now();  // libmosquitto has acknowledged it
    const auto bytes = static_cast<std::size_t>(std::max(message->payloadlen, 0));
    if (bytes > session.options_.most_incoming_bytes) return;  // a broker that does not keep the bound it was told
    session.batch_is_open_ = true;
    session.events_.on_message(message->topic, {static_cast<const char*>(message->payload), bytes});
  }
  static void Logged(mosquitto*, void* self, int level, const char* text) {
    std::string& log = static_cast<Session*>(self)->library_log_;
    if (level != MOSQ_LOG_ERR || log.size() > kMostLogBytes) return;
    if (!log.empty()) log += "; ";
    log += std::string_view(text).substr(0, kMostLogBytes);
  }
};

Session::Session(const Options& options, Events events)
    : options_(options), events_(std::move(events)), keepalive_(options.keepalive) {
  InitialiseLibraryOnce();
  client_.reset(mosquitto_new(options_.client_id.c_str(), /*clean_session=*/true, this));
}

Status Session::Configure() {
  mosquitto* client = client_.get();
  if (client == nullptr) return {Code::kResourceExhausted, "no memory for an MQTT connection"};
  mosquitto_connect_v5_callback_set(client, Callbacks::Connected);
  mosquitto_disconnect_v5_callback_set(client, Callbacks::Disconnected);
  mosquitto_publish_v5_callback_set(client, Callbacks::Published);
  mosquitto_subscribe_v5_callback_set(client, Callbacks::Subscribed);
  mosquitto_unsubscribe_v5_callback_set(client, Callbacks::Unsubscribed);
  mosquitto_message_v5_callback_set(client, Callbacks::Received);
  mosquitto_log_callback_set(client, Callbacks::Logged);
  mosquitto_int_option(client, MOSQ_OPT_PROTOCOL_VERSION, MQTT_PROTOCOL_V5);
  mosquitto_int_option(client, MOSQ_OPT_TCP_NODELAY, 1);
  // Never less than the window, so that libmosquitto sends what it is given and keeps no queue of its own.
  mosquitto_int_option(client, MOSQ_OPT_SEND_MAXIMUM, kNoMaximum);
  // libmosquitto's own bound of 20 would let messages for us wait in the broker, where a kill loses them.
  mosquitto_int_option(client, MOSQ_OPT_RECEIVE_MAXIMUM, kNoMaximum);
  if (const int error = mosquitto_username_pw_set(client, OrNull(options_.username), OrNull(options_.password))) {
    return CallFailed("user name and password", error);
  }
  RETURN_IF_ERROR(ConfigureLastWill());
  return options_.tls ? ConfigureTls() : Ok();
}

Status Session::ConfigureLastWill() {
  if (!options_.last_will) return Ok();
  const Message& will = *options_.last_will;
  const int error = mosquitto_will_set_v5(client_.get(), will.topic.c_str(), static_cast<int>(will.payload.size()),
                                          will.payload.data(), kQos, will.retained, nullptr);
  return error == MOSQ_ERR_SUCCESS ? Ok() : CallFailed("last will", error);
}

Status Session::ConfigureTls() {
  const Tls& tls = *options_.tls;
  const auto judged_at = options_.certificates_judged_at ? options_.certificates_judged_at() : std::nullopt;
  if (judged_at) return ConfigureTlsAt(*judged_at);
  if (tls.ca_file.empty()) {
    const int error = mosquitto_int_option(client_.get(), MOSQ_OPT_TLS_USE_OS_CERTS, 1);
    return error == MOSQ_ERR_SUCCESS ? Ok() : CallFailed("the system's certificates", error);
  }
  const int error = mosquitto_tls_set(client_.get(), tls.ca_file.c_str(), nullptr, OrNull(tls.cert_file),
                                      OrNull(tls.key_file), nullptr);
  if (error == MOSQ_ERR_SUCCESS) return Ok();
  return {Code::kUnavailable, fmt::format("cannot use the certificates ({}): is {} still there and readable?",
                                          mosquitto_strerror(error), tls.ca_file)};
}

Status Session::ConfigureTlsAt(WallTime judged_at) {
  ASSIGN_OR_RETURN(const TlsContext context, MakeTlsContext(options_, judged_at, library_log_));
  int error = mosquitto_int_option(client_.get(), MOSQ_OPT_SSL_CTX_WITH_DEFAULTS, 0);
  if (error == MOSQ_ERR_SUCCESS) {
    error = mosquitto_void_option(client_.get(), MOSQ_OPT_SSL_CTX, context.get());  // keeps a share of its own
  }
  return error == MOSQ_ERR_SUCCESS ? Ok() : CallFailed("a TLS context of our own", error);
}

Status Session::Dial() {
  RETURN_IF_ERROR(Configure());
  mosquitto_property* list = nullptr;
  // Bounds what one incoming packet can cost; the topic and the header come on top of the payload.
  mosquitto_property_add_int32(&list, MQTT_PROP_MAXIMUM_PACKET_SIZE,
                               static_cast<std::uint32_t>(options_.most_incoming_bytes + 1024));
  const std::unique_ptr<mosquitto_property, FreeProperties> properties(list);
  const FirstTlsDial first(options_.tls.has_value());
  errno = 0;
  const int error = mosquitto_connect_bind_v5(client_.get(), options_.host.c_str(), options_.port,
                                              static_cast<int>(options_.keepalive.count()), nullptr, properties.get());
  if (error != MOSQ_ERR_SUCCESS) return DialFailed(options_, error, errno, library_log_);
  first.Succeeded();
  answer_due_ = steady_clock::now() + options_.answer_within;
  return Ok();
}

Status Session::Step(const os::Doorbell& bell, milliseconds at_most) {
  if (answer_due_) {
    const auto left = std::chrono::ceil<milliseconds>(*answer_due_ - steady_clock::now());
    at_most = std::clamp(left, milliseconds(0), at_most);
  }
  if (more_input_) {
    at_most = milliseconds(0);
  } else if (is_busy_) {
    (void)bell.Wait(-1, false, std::min(kGather, at_most));
  }
  is_busy_ = false;
  const os::Woken woken = bell.Wait(mosquitto_socket(client_.get()), mosquitto_want_write(client_.get()), at_most);
  if (woken.rung) bell.Silence();
  RETURN_IF_ERROR(Network(woken));
  if (more_input_) return Ok();  // the answer may be among it
  CloseBatch();
  return CheckAnswerInTime();
}

void Session::CloseBatch() {
  if (std::exchange(batch_is_open_, false)) events_.on_idle();
}

Status Session::Network(const os::Woken& woken) {
  mosquitto* client = client_.get();
  int error = MOSQ_ERR_SUCCESS;
  // TLS may hold bytes that it has taken from the socket already, so it is always asked; the socket does not block.
  more_input_ = false;
  if (woken.readable || options_.tls) error = Read();
  if (error == MOSQ_ERR_SUCCESS && woken.writable) error = mosquitto_loop_write(client, 1);
  if (error == MOSQ_ERR_SUCCESS && MustLookAfterKeepalive()) error = mosquitto_loop_misc(client);
  if (error == MOSQ_ERR_SUCCESS && mosquitto_socket(client) >= 0) return Ok();
  return Ended(error);
}

// libmosquitto reads one packet a call, unless it has messages of its own on their way, and acknowledges each message
// by a write of its own: from the second one on these go together.
int Session::Read() {
  const auto end = steady_clock::now() + kLongestRead;
  std::optional<os::GatheredWrites> gathered;
  for (std::size_t packets = 0; packets < kMostPacketsARead; ++packets) {
    if (packets == 1) gathered.emplace(mosquitto_socket(client_.get()));
    const std::uint64_t callbacks_before = callbacks_;
    const int error = mosquitto_loop_read(client_.get(), 1);
    is_busy_ = packets > 1;
    if (error != MOSQ_ERR_SUCCESS || callbacks_ == callbacks_before) return error;
    if (steady_clock::now() >= end) break;
  }
  more_input_ = true;
  return MOSQ_ERR_SUCCESS;
}

// libmosquitto ends the connection when the answer to its ping has not been read in time, and does not know that it may
// stand behind messages that keep us busy. While input waits the broker is not silent; and it hears from us as long as
// we acknowledge messages.
bool Session::MustLookAfterKeepalive() const { return !more_input_ || steady_clock::now() - last_sent_ >= keepalive_; }

Status Session::Ended(int error) const {
  if (refused_with_) return ConnectRefused(options_, *refused_with_);
  if (disconnected_with_) return DisconnectedByBroker(options_, *disconnected_with_);
  if (error == MOSQ_ERR_KEEPALIVE) return NoAnswer(options_, "a ping", keepalive_);
  const std::string verdict = MayBeForOurCertificate() ? AskForVerdict(options_, kVerdictWithin) : "";
  return ConnectionLost(options_, error == MOSQ_ERR_SUCCESS ? MOSQ_ERR_CONN_LOST : error,
                        verdict.empty() ? library_log_ : verdict, accepted_);
}

// The broker has hung up before its answer, and neither said why nor had we anything against its own certificate.
bool Session::MayBeForOurCertificate() const {
  const bool is_explained =
      CertificateRefused(options_, library_log_).has_value() || library_log_.find("verif") != std::string::npos;
  return options_.tls && !accepted_ && !is_explained;
}

Status Session::CheckAnswerInTime() const {
  if (!answer_due_ || steady_clock::now() < *answer_due_) return Ok();
  return NoAnswer(options_, accepted_ ? "a subscription" : "the connect", options_.answer_within);
}

Status Session::Subscribe(const std::vector<std::string>& filters) {
  std::vector<char*> names = NamesOf(filters);
  const int error = mosquitto_subscribe_multiple(client_.get(), nullptr, static_cast<int>(names.size()), names.data(),
                                                 kQos, 0, nullptr);
  if (error != MOSQ_ERR_SUCCESS) return Ended(error);
  answer_due_ = steady_clock::now() + options_.answer_within;
  return Ok();
}

Status Session::Unsubscribe(const std::vector<std::string>& filters) {
  std::vector<char*> names = NamesOf(filters);
  const int error =
      mosquitto_unsubscribe_multiple(client_.get(), nullptr, static_cast<int>(names.size()), names.data(), nullptr);
  return error == MOSQ_ERR_SUCCESS ? Ok() : Ended(error);
}

std::size_t Session::PacketBytes(const Message& message) const {
  constexpr std::size_t kLengthPacketIdAndNoProperties = 2 + 2 + 1;
  const std::size_t rest = message.topic.size() + message.payload.size() + kLengthPacketIdAndNoProperties;
  return 1 + VarintBytes(rest) + rest;
}

Status Session::CannotBeSent(Code code, const Message& message, int error) const {
  return {code, fmt::format("a message to {} cannot be sent to {}: {}", message.topic, Address(options_),
                            mosquitto_strerror(error))};
}

Result<int> Session::Publish(const Message& message) {
  // libmosquitto checks the size, too, but miscounts by a byte, and keeps what it then cannot send.
  if (most_packet_bytes_ && PacketBytes(message) > *most_packet_bytes_) {
    return {Code::kResourceExhausted,
            fmt::format("a message of {} bytes to {} is larger than {} takes ({} bytes): raise the broker's "
                        "max_packet_size",
                        message.payload.size(), message.topic, Address(options_), *most_packet_bytes_)};
  }
  int packet_id = 0;
  const int error =
      mosquitto_publish_v5(client_.get(), &packet_id, message.topic.c_str(), static_cast<int>(message.payload.size()),
                           message.payload.data(), kQos, message.retained, nullptr);
  switch (error) {
    case MOSQ_ERR_SUCCESS: last_sent_ = steady_clock::now(); return packet_id;
    case MOSQ_ERR_PAYLOAD_SIZE:
    case MOSQ_ERR_OVERSIZE_PACKET: return CannotBeSent(Code::kResourceExhausted, message, error);
    case MOSQ_ERR_INVAL:
    case MOSQ_ERR_MALFORMED_UTF8:
    case MOSQ_ERR_QOS_NOT_SUPPORTED: return CannotBeSent(Code::kInvalidArgument, message, error);
    default: return Ended(error);
  }
}

void Session::Disconnect(bool publish_last_will, milliseconds at_most) {
  const int socket = mosquitto_socket(client_.get());
  if (socket < 0 || !accepted_) return;
  const auto end = steady_clock::now() + at_most;
  const os::LingeringSocket held(socket);
  mosquitto_disconnect_v5(client_.get(), publish_last_will ? MQTT_RC_DISCONNECT_WITH_WILL_MSG : 0, nullptr);
  auto bell = os::Doorbell::Make();
  // libmosquitto closes its socket once the packet is out, which takes more than one write when the buffer was full.
  while (bell.ok() && mosquitto_socket(client_.get()) >= 0 && steady_clock::now() < end) {
    (void)bell->Wait(mosquitto_socket(client_.get()), true, milliseconds(10));
    if (mosquitto_loop_write(client_.get(), 1) != MOSQ_ERR_SUCCESS) return;
  }
  held.AwaitClose(std::chrono::ceil<milliseconds>(end - steady_clock::now()));
}

}  // namespace inferometer::mqtt
