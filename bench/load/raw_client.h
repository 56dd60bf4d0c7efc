#pragma once
// As much of an MQTT 5 client as a load needs: one non-blocking socket, no thread, no timer, a few hundred bytes. With
// libmosquitto's, 10,000 of them would take three descriptors each, and more CPU time than the broker has.

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::bench {

// One thread. QoS 1 and clean start throughout; what is called only queues, Flush writes.
class RawClient {
 public:
  struct Events {
    std::function<void(std::size_t receive_maximum)> on_connected;
    std::function<void()> on_subscribed;
    std::function<void()> on_published;  // the broker has one of ours
    std::function<void(std::string_view payload)> on_message;
  };

  // Begins to dial 127.0.0.1. A refusal is an error of Read or Flush.
  [[nodiscard]] static Result<RawClient> Dial(int port, std::string_view client_id);
  RawClient(RawClient&& other) noexcept;
  RawClient& operator=(RawClient&&) = delete;
  ~RawClient();

  void Subscribe(std::string_view topic);
  void Publish(std::string_view topic, std::string_view payload, bool retained);

  // Reads all that is there, as an edge-triggered epoll wants it, and hands it on.
  [[nodiscard]] Status Read(const Events& events);
  // Writes as much as the socket takes.
  [[nodiscard]] Status Flush();

  [[nodiscard]] int fd() const { return fd_; }

 private:
  explicit RawClient(int fd) : fd_(fd) {}
  void Connect(std::string_view client_id);
  [[nodiscard]] std::uint16_t NextPacketId();
  [[nodiscard]] Status TakeBytes(std::string_view bytes, const Events& events);
  // How long the packet at the begin of `bytes` is; 0: it is not whole yet.
  [[nodiscard]] static std::size_t WholePacket(std::string_view bytes, std::size_t& body);
  [[nodiscard]] Status Take(unsigned char kind, std::string_view body, const Events& events);
  [[nodiscard]] Status TakePublish(unsigned char kind, std::string_view body, const Events& events);

  int fd_ = -1;
  std::uint16_t packet_id_ = 0;
  std::string in_;  // of a packet that is not whole yet
  std::string out_;
  std::size_t written_ = 0;
};

}  // namespace inferometer::bench
