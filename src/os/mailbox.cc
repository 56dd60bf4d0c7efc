#include "os/mailbox.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "os/files.h"

namespace inferometer::os {
namespace {

// drivers/char/broadcom/vcio.c of the Raspberry Pi kernel.
constexpr unsigned long kPropertyRequest = _IOWR(100, 0, char*);
constexpr std::uint32_t kGetGencmdResult = 0x00030080;
constexpr std::uint32_t kAnswered = 0x80000000;
constexpr std::size_t kStateWord = 1;
constexpr std::size_t kErrorWord = 5;

Result<int> OpenDevice(const std::filesystem::path& path) {
  int fd = -1;
  do fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return ErrnoStatus(errno, "open " + path.string());
  struct stat facts {};
  if (::fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode)) return fd;
  ::close(fd);
  return {Code::kNotFound, path.string() + ": not a device"};
}

void WriteMessage(std::string_view command, GencmdMessage& message) {
  std::fill(std::begin(message), std::end(message), 0);
  message[0] = sizeof message;
  message[2] = kGetGencmdResult;
  message[3] = FirmwareMailbox::kMostTextBytes;
  std::memcpy(&message[kGencmdTextWord], command.data(), command.size());
}

std::string Refused(std::string_view command, std::string_view why) {
  return "the firmware does not take \"" + std::string(command) + "\": " + std::string(why);
}

}  // namespace

Result<std::string_view> GencmdAnswer(const GencmdMessage& message, std::string_view command) {
  if (message[kStateWord] != kAnswered) return {Code::kDataLoss, "the firmware did not answer"};
  const auto* const text = reinterpret_cast<const char*>(&message[kGencmdTextWord]);
  const std::size_t length = ::strnlen(text, FirmwareMailbox::kMostTextBytes);
  if (length == FirmwareMailbox::kMostTextBytes) return {Code::kDataLoss, "the firmware's answer has no end"};
  std::string_view answer(text, length);
  if (message[kErrorWord] != 0 || answer.starts_with("error=")) return {Code::kNotFound, Refused(command, answer)};
  if (answer.ends_with('\n')) answer.remove_suffix(1);
  return answer;
}

Result<std::unique_ptr<FirmwareMailbox>> Mailbox::Open(const std::vector<std::filesystem::path>& devices) {
  Status status(Code::kNotFound, "no mailbox of a Raspberry Pi's firmware");
  for (const auto& path : devices) {
    const auto fd = OpenDevice(path);
    if (fd.ok()) return std::unique_ptr<FirmwareMailbox>(new Mailbox(*fd, path.string()));
    if (fd.status().code() != Code::kPermissionDenied || status.code() == Code::kPermissionDenied) continue;
    status = {Code::kPermissionDenied,
              "may not open " + path.string() + "; allow it: sudo usermod -aG video $USER (from the next login on)"};
  }
  return status;
}

Mailbox::~Mailbox() { ::close(fd_); }

Result<std::string_view> Mailbox::Ask(std::string_view command, std::span<char> buffer) {
  if (command.size() >= kMostTextBytes) return {Code::kInvalidArgument, "the command is too long for the firmware"};
  GencmdMessage message;
  WriteMessage(command, message);
  int result = -1;
  do result = ::ioctl(fd_, kPropertyRequest, message);
  while (result < 0 && errno == EINTR);
  if (result < 0) return ErrnoStatus(errno, path_ + ": ask the firmware \"" + std::string(command) + "\"");
  ASSIGN_OR_RETURN(const std::string_view answer, GencmdAnswer(message, command));
  if (answer.size() > buffer.size())
    return {Code::kResourceExhausted, path_ + ": the answer is longer than its buffer"};
  std::copy(answer.begin(), answer.end(), buffer.begin());
  return std::string_view(buffer.data(), answer.size());
}

}  // namespace inferometer::os
