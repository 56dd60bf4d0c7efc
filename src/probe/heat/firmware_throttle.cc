#include "probe/heat/firmware_throttle.h"

#include <charconv>
#include <string>
#include <utility>

namespace inferometer::probe {
namespace {

constexpr std::string_view kCommand = "get_throttled";
constexpr std::uint32_t kLiveBits = 0xF;
constexpr unsigned kOccurredShift = 16;

class FirmwareThrottle final : public ThrottleSource {
 public:
  explicit FirmwareThrottle(std::shared_ptr<os::FirmwareMailbox> mailbox)
      : mailbox_(std::move(mailbox)), facts_{"firmware", true, false} {}

  [[nodiscard]] const ThrottleSourceFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<ThrottleLook> Look() override {
    char buffer[os::FirmwareMailbox::kMostTextBytes];
    ASSIGN_OR_RETURN(const std::string_view text, mailbox_->Ask(kCommand, buffer));
    ASSIGN_OR_RETURN(const std::uint32_t bits, ParseThrottled(text));
    const std::uint32_t occurred = bits >> kOccurredShift;
    const std::uint32_t before = std::exchange(occurred_, occurred);
    return ThrottleLook{ReasonsOf(bits), ReasonsOf(occurred & ~before), 0};
  }

 private:
  const std::shared_ptr<os::FirmwareMailbox> mailbox_;
  const ThrottleSourceFacts facts_;
  std::uint32_t occurred_ = kLiveBits;  // before the first look nothing is new
};

}  // namespace

Result<std::uint32_t> ParseThrottled(std::string_view text) {
  constexpr std::string_view kKey = "throttled=0x";
  if (text.ends_with('\n')) text.remove_suffix(1);
  if (!text.starts_with(kKey)) return Status(Code::kDataLoss, "get_throttled: byte 0: not throttled=0x...").At(0);
  std::uint32_t bits = 0;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data() + kKey.size(), last, bits, 16);
  if (error == std::errc() && end == last) return bits;
  const std::size_t at = error == std::errc() ? static_cast<std::size_t>(end - text.data()) : kKey.size();
  return Status(Code::kDataLoss, "get_throttled: byte " + std::to_string(at) + ": not a hexadecimal number").At(at);
}

ReasonSet ReasonsOf(std::uint32_t bits) {
  constexpr ThrottleReason kReasons[] = {ThrottleReason::kUnderVoltage, ThrottleReason::kFrequencyCapped,
                                         ThrottleReason::kThermal, ThrottleReason::kSoftTemperatureLimit};
  ReasonSet reasons = 0;
  for (unsigned bit = 0; bit < std::size(kReasons); ++bit) {
    if ((bits >> bit & 1U) != 0) reasons |= SetOf(kReasons[bit]);
  }
  return reasons;
}

Result<std::unique_ptr<ThrottleSource>> OpenFirmwareThrottle(std::shared_ptr<os::FirmwareMailbox> mailbox) {
  auto source = std::make_unique<FirmwareThrottle>(std::move(mailbox));
  const auto first = source->Look();
  if (!first.ok()) return first.status();
  return std::unique_ptr<ThrottleSource>(std::move(source));
}

}  // namespace inferometer::probe
