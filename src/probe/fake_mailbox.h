#pragma once
// For tests: a Raspberry Pi's firmware that answers what it was told to.

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>

#include "os/mailbox.h"

namespace inferometer::probe {

// Thread-safe.
class FakeMailbox final : public os::FirmwareMailbox {
 public:
  void Answer(const std::string& command, std::string text) {
    const std::lock_guard lock(mutex_);
    answers_[command] = std::move(text);
  }
  // The firmware takes no such command any more.
  void Forget(const std::string& command) {
    const std::lock_guard lock(mutex_);
    answers_.erase(command);
  }
  [[nodiscard]] Result<std::string_view> Ask(std::string_view command, std::span<char> buffer) override {
    const std::lock_guard lock(mutex_);
    ++asked_;
    if (meanwhile) meanwhile();
    const auto answer = answers_.find(std::string(command));
    if (answer == answers_.end()) return {Code::kNotFound, "the firmware does not take the command"};
    std::copy(answer->second.begin(), answer->second.end(), buffer.begin());
    return std::string_view(buffer.data(), answer->second.size());
  }
  [[nodiscard]] int asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

  std::function<void()> meanwhile{};  // what passes while the firmware thinks; set it before others ask

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> answers_;  // under mutex_
  int asked_ = 0;                               // under mutex_
};

}  // namespace inferometer::probe
