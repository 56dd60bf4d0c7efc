#pragma once
// For tests: a listener that sends fixed bytes, for the answers that a real broker does not give.

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "mqtt/loopback_for_tests.h"

namespace inferometer::mqtt {

// Every connection gets the n-th of `answers` after the n-th time that it sent something; after the last one it is
// held until the peer goes, or closed at once when there is none.
class ScriptedBroker {
 public:
  explicit ScriptedBroker(std::vector<std::string> answers) : answers_(std::move(answers)) {
    ::listen(listener_.fd, 8);
    thread_ = std::thread([this] { Serve(); });
  }
  ~ScriptedBroker() {
    over_ = true;
    thread_.join();
    ::close(listener_.fd);
  }
  ScriptedBroker(const ScriptedBroker&) = delete;
  ScriptedBroker& operator=(const ScriptedBroker&) = delete;

  [[nodiscard]] int port() const { return listener_.port; }
  // How often something was heard, over all connections.
  [[nodiscard]] int heard() const { return heard_; }

 private:
  [[nodiscard]] bool AwaitInput(int fd) const {
    while (!over_) {
      pollfd entry = {fd, POLLIN, 0};
      if (::poll(&entry, 1, 10) > 0) return true;
    }
    return false;
  }
  void Serve() {
    while (AwaitInput(listener_.fd)) {
      const int fd = ::accept4(listener_.fd, nullptr, nullptr, SOCK_CLOEXEC);
      if (!answers_.empty()) Talk(fd);
      ::close(fd);
    }
  }
  void Talk(int fd) {
    char heard[4096];
    for (std::size_t i = 0; AwaitInput(fd); ++i) {
      if (::recv(fd, heard, sizeof heard, 0) <= 0) return;
      ++heard_;
      if (i < answers_.size()) ::send(fd, answers_[i].data(), answers_[i].size(), MSG_NOSIGNAL);
    }
  }

  std::vector<std::string> answers_;
  BoundSocket listener_ = BindToFreePort();
  std::atomic<bool> over_ = false;
  std::atomic<int> heard_ = 0;
  std::thread thread_;
};

}  // namespace inferometer::mqtt
