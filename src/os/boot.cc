#include "os/boot.h"

#include <sys/timex.h>

#include <cerrno>
#include <charconv>
#include <ctime>
#include <string_view>

#include "os/files.h"

namespace inferometer::os {
namespace {

constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

// Without what is not of the form; empty if there is such.
std::string HexDigitsOf(std::string_view text) {
  if (text.size() != kForm.size()) return {};
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (kForm[i] == 'x') digits += text[i];
    if (kForm[i] == '-' && text[i] != '-') return {};
  }
  return digits;
}

bool Parse(std::string_view text, BootId& id) {
  const std::string digits = HexDigitsOf(text);
  if (digits.empty()) return false;
  const char* at = digits.data();
  for (std::uint8_t& byte : id) {
    const auto parsed = std::from_chars(at, at + 2, byte, 16);
    if (parsed.ec != std::errc() || parsed.ptr != at + 2) return false;
    at += 2;
  }
  return true;
}

}  // namespace

Result<BootId> ReadBootId(const std::filesystem::path& procfs) {
  constexpr std::size_t kMostBytes = 256;
  const std::filesystem::path path = procfs / "sys/kernel/random/boot_id";
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path, kMostBytes));
  BootId id = {};
  if (Parse(std::string_view(text).substr(0, text.find('\n')), id)) return id;
  return {Code::kDataLoss, path.string() + ": not of the form " + std::string(kForm)};
}

std::chrono::nanoseconds TimeSinceBoot() {
  timespec now = {};
  ::clock_gettime(CLOCK_BOOTTIME, &now);  // cannot fail: every kernel since 2.6.39 has it
  return std::chrono::seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec);
}

ClockState ClockStateOf(int adjtimex_result, int status) {
  const bool unsynchronised = adjtimex_result == TIME_ERROR || (status & STA_UNSYNC) != 0;
  return unsynchronised ? ClockState::kUnsynchronised : ClockState::kSynchronised;
}

Result<ClockState> WallClockState() {
  timex answer = {};
  const int result = ::adjtimex(&answer);
  if (result < 0) return ErrnoStatus(errno, "adjtimex");
  return ClockStateOf(result, answer.status);
}

}  // namespace inferometer::os
