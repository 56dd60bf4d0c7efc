#include "load/raw_client.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "os/files.h"

namespace inferometer::bench {
namespace {

// The first byte of each packet, with the flags that the standard fixes.
constexpr unsigned char kConnect = 0x10;
constexpr unsigned char kConnack = 0x20;
constexpr unsigned char kPublish = 0x30;
constexpr unsigned char kQos1 = 0x02;
constexpr unsigned char kRetained = 0x01;
constexpr unsigned char kPuback = 0x40;
constexpr unsigned char kSubscribe = 0x82;
constexpr unsigned char kSuback = 0x90;
constexpr unsigned char kKindBits = 0xf0;
constexpr unsigned char kLowestFailure = 0x80;

constexpr std::uint16_t kKeepaliveSeconds = 3'600;  // longer than any run, so that no ping is needed
constexpr std::size_t kMostReceive = 65'535;

void AppendShort(std::string& out, std::size_t value) {
  out += static_cast<char>(value >> 8U);
  out += static_cast<char>(value & 0xffU);
}
void AppendText(std::string& out, std::string_view text) {
  AppendShort(out, text.size());
  out += text;
}
void AppendVarint(std::string& out, std::size_t value) {
  for (; value > 127; value >>= 7U) out += static_cast<char>((value & 127U) | 128U);
  out += static_cast<char>(value);
}
std::size_t ShortAt(std::string_view bytes, std::size_t at) {
  if (at + 2 > bytes.size()) return 0;
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8U |
         static_cast<unsigned char>(bytes[at + 1]);
}

// How long a property of CONNACK is that stands before the receive maximum in Mosquitto's answer, and behind it.
std::size_t PropertyBytes(unsigned char id, std::string_view rest) {
  switch (id) {
    case 0x24:
    case 0x25:
    case 0x28:
    case 0x29:
    case 0x2a: return 1;
    case 0x13:
    case 0x21:
    case 0x22: return 2;
    case 0x11:
    case 0x27: return 4;
    case 0x12:
    case 0x1a:
    case 0x1c:
    case 0x1f: return 2 + ShortAt(rest, 0);
    default: return rest.size();
  }
}

// `properties`: of CONNACK, shorter than 128 bytes, with their length before them.
std::size_t ReceiveMaximum(std::string_view properties) {
  for (std::size_t at = 1; at < properties.size();) {
    const auto id = static_cast<unsigned char>(properties[at++]);
    if (id == 0x21) return ShortAt(properties, at);
    at += PropertyBytes(id, properties.substr(at));
  }
  return kMostReceive;
}

}  // namespace

Result<RawClient> RawClient::Dial(int port, std::string_view client_id) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return os::ErrnoStatus(errno, "socket");
  RawClient client(fd);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 && errno != EINPROGRESS) {
    return os::ErrnoStatus(errno, "connect");
  }
  client.Connect(client_id);
  return client;
}

RawClient::RawClient(RawClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      packet_id_(other.packet_id_),
      in_(std::move(other.in_)),
      out_(std::move(other.out_)),
      written_(other.written_) {}

RawClient::~RawClient() {
  if (fd_ >= 0) ::close(fd_);
}

void RawClient::Connect(std::string_view client_id) {
  constexpr char kVersion = 5;
  constexpr char kCleanStart = 2;
  std::string body;
  AppendText(body, "MQTT");
  body += {kVersion, kCleanStart};
  AppendShort(body, kKeepaliveSeconds);
  AppendVarint(body, 0);  // no properties
  AppendText(body, client_id);
  out_ += static_cast<char>(kConnect);
  AppendVarint(out_, body.size());
  out_ += body;
}

std::uint16_t RawClient::NextPacketId() {
  if (++packet_id_ == 0) ++packet_id_;
  return packet_id_;
}

void RawClient::Subscribe(std::string_view topic) {
  out_ += static_cast<char>(kSubscribe);
  AppendVarint(out_, 2 + 1 + 2 + topic.size() + 1);
  AppendShort(out_, NextPacketId());
  AppendVarint(out_, 0);  // no properties
  AppendText(out_, topic);
  out_ += '\1';  // QoS 1
}

void RawClient::Publish(std::string_view topic, std::string_view payload, bool retained) {
  out_ += static_cast<char>(kPublish | kQos1 | (retained ? kRetained : 0));
  AppendVarint(out_, 2 + topic.size() + 2 + 1 + payload.size());
  AppendText(out_, topic);
  AppendShort(out_, NextPacketId());
  AppendVarint(out_, 0);  // no properties
  out_ += payload;
}

std::size_t RawClient::WholePacket(std::string_view bytes, std::size_t& body) {
  std::size_t length = 0;
  for (std::size_t at = 1; at < bytes.size() && at <= 4; ++at) {
    const auto byte = static_cast<unsigned char>(bytes[at]);
    length |= (byte & 127U) << 7U * (at - 1);
    if (byte > 127) continue;
    body = at + 1;
    return body + length <= bytes.size() ? body + length : 0;
  }
  return 0;
}

Status RawClient::Read(const Events& events) {
  static std::array<char, 65'536> buffer;
  for (ssize_t got = static_cast<ssize_t>(buffer.size()); got == static_cast<ssize_t>(buffer.size());) {
    got = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return Ok();
    if (got < 0) return os::ErrnoStatus(errno, "receive");
    if (got == 0) return {Code::kUnavailable, "the broker has closed the connection"};
    RETURN_IF_ERROR(TakeBytes({buffer.data(), static_cast<std::size_t>(got)}, events));
  }
  return Ok();
}

Status RawClient::TakeBytes(std::string_view bytes, const Events& events) {
  if (!in_.empty()) bytes = in_ += bytes;
  std::size_t body = 0;
  while (const std::size_t whole = WholePacket(bytes, body)) {
    RETURN_IF_ERROR(Take(static_cast<unsigned char>(bytes.front()), bytes.substr(body, whole - body), events));
    bytes.remove_prefix(whole);
  }
  in_ = std::string(bytes);
  return Ok();
}

Status RawClient::Take(unsigned char kind, std::string_view body, const Events& events) {
  const auto code = [body](std::size_t at) { return at < body.size() ? static_cast<unsigned char>(body[at]) : 0U; };
  switch (kind & kKindBits) {
    case kConnack:
      if (code(1) != 0) return {Code::kUnavailable, "the broker refused the connect"};
      events.on_connected(ReceiveMaximum(body.substr(2)));
      return Ok();
    case kSuback:
      if (code(body.size() - 1) >= kLowestFailure) return {Code::kUnavailable, "the broker refused the subscription"};
      events.on_subscribed();
      return Ok();
    case kPuback:
      if (code(2) >= kLowestFailure) return {Code::kUnavailable, "the broker refused a message"};
      events.on_published();
      return Ok();
    case kPublish: return TakePublish(kind, body, events);
    default: return {Code::kUnavailable, "the broker said good-bye"};
  }
}

Status RawClient::TakePublish(unsigned char kind, std::string_view body, const Events& events) {
  std::size_t at = 2 + ShortAt(body, 0);
  const bool wants_answer = (kind & kQos1) != 0;
  if (wants_answer) {
    out_ += static_cast<char>(kPuback);
    out_ += '\2';
    out_ += body.substr(at, 2);
    at += 2;
  }
  if (at >= body.size()) return {Code::kDataLoss, "a message that is cut short"};
  at += 1U + static_cast<unsigned char>(body[at]);  // the properties: the hub's have some bytes at most
  events.on_message(body.substr(std::min(at, body.size())));
  return Ok();
}

Status RawClient::Flush() {
  while (written_ < out_.size()) {
    const ssize_t sent = ::send(fd_, out_.data() + written_, out_.size() - written_, MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN)) return Ok();
    if (sent < 0) return os::ErrnoStatus(errno, "send");
    written_ += static_cast<std::size_t>(sent);
  }
  out_.clear();
  written_ = 0;
  return Ok();
}

}  // namespace inferometer::bench
