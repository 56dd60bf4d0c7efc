#pragma once
// For tests: remembers what a Connection's handlers were told, and waits for it.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "mqtt/connection.h"

namespace inferometer::mqtt {

// Safe from any thread. Must outlive the connection that has its handlers.
class Mailbox {
 public:
  using Received = std::pair<std::string, std::string>;  // topic, payload

  Handlers handlers() {
    return {.on_message = [this](std::string_view topic,
                                 std::string_view payload) { Note([&] { messages_.emplace_back(topic, payload); }); },
            .on_online = [this] { Note([&] { ++online_; }); },
            .on_offline = [this](const std::string& reason) { Note([&] { reasons_.push_back(reason); }); }};
  }

  bool AwaitMessages(std::size_t count) {
    return Await([&] { return messages_.size() >= count; });
  }
  bool AwaitOnline(int times = 1) {
    return Await([&] { return online_ >= times; });
  }
  bool AwaitReason(const std::string& part) {
    return Await([&] {
      for (const std::string& reason : reasons_) {
        if (reason.find(part) != std::string::npos) return true;
      }
      return false;
    });
  }
  std::vector<Received> messages() {
    const std::lock_guard lock(mutex_);
    return messages_;
  }
  std::vector<std::string> reasons() {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }
  int calls() {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  template <typename Action>
  void Note(Action action) {
    const std::lock_guard lock(mutex_);
    ++calls_;
    action();
    changed_.notify_all();
  }
  template <typename Condition>
  bool Await(Condition condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), condition);
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Received> messages_;
  std::vector<std::string> reasons_;
  int online_ = 0;
  int calls_ = 0;
};

// Options that reach a broker on loopback and do not wait long between attempts.
inline Options QuickOptions(int port, std::string client_id, std::vector<std::string> subscriptions = {}) {
  Options options;
  options.host = "127.0.0.1";
  options.port = port;
  options.client_id = std::move(client_id);
  options.subscriptions = std::move(subscriptions);
  options.backoff_first = std::chrono::milliseconds(10);
  options.backoff_most = std::chrono::milliseconds(50);
  return options;
}

// Starts with options that are known to be well.
inline std::unique_ptr<Connection> MustStart(Options options, Handlers handlers = {}) {
  auto connection = Connection::Start(std::move(options), std::move(handlers));
  return connection.ok() ? std::move(connection).value() : nullptr;
}

}  // namespace inferometer::mqtt
