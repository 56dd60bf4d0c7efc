#pragma once
// Questions to the firmware of a Raspberry Pi, as its tool vcgencmd asks them: one ioctl each, no process.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::os {

// An interface, so that tests can answer in the firmware's place. Thread-safe.
class FirmwareMailbox {
 public:
  // What every answer fits into, and every command.
  static constexpr std::size_t kMostTextBytes = 1024;

  virtual ~FirmwareMailbox() = default;
  // The answer to `command` ("get_throttled"), without its end of line; the view is into `buffer`. Allocates nothing
  // while it succeeds. kNotFound where the firmware does not take the command; kResourceExhausted where `buffer` is too
  // small. Sleeps until the firmware has answered: the kernel waits a second for it at most.
  [[nodiscard]] virtual Result<std::string_view> Ask(std::string_view command, std::span<char> buffer) = 0;

 protected:
  FirmwareMailbox() = default;
  FirmwareMailbox(const FirmwareMailbox&) = default;
  FirmwareMailbox& operator=(const FirmwareMailbox&) = default;
};

// The real one: the kernel's character device, kept open.
class Mailbox final : public FirmwareMailbox {
 public:
  // The first of `devices` that opens. kNotFound where the machine has none of them; kPermissionDenied with the command
  // that allows using it.
  [[nodiscard]] static Result<std::unique_ptr<FirmwareMailbox>> Open(const std::vector<std::filesystem::path>& devices);
  ~Mailbox() override;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;

  [[nodiscard]] Result<std::string_view> Ask(std::string_view command, std::span<char> buffer) override;

 private:
  Mailbox(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}

  const int fd_;
  const std::string path_;
};

// A message of the property interface with one tag, GET_GENCMD_RESULT (vcgencmd.c of raspberrypi/utils): size, state,
// tag, size of the value, length of the answer, error, text, end.
inline constexpr std::size_t kGencmdTextWord = 6;
inline constexpr std::size_t kGencmdWords = kGencmdTextWord + FirmwareMailbox::kMostTextBytes / 4 + 1;
using GencmdMessage = std::uint32_t[kGencmdWords];

// The text in an answered message; the view is into it. Errors as of Ask, kDataLoss where it is no answer.
[[nodiscard]] Result<std::string_view> GencmdAnswer(const GencmdMessage& message, std::string_view command);

}  // namespace inferometer::os
