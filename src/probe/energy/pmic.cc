#include "probe/energy/pmic.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

#include "os/mailbox.h"
#include "probe/energy/gauge_source.h"
#include "probe/energy/power_gauge.h"

namespace inferometer::probe {
namespace {

constexpr std::string_view kCommand = "pmic_read_adc";
constexpr std::size_t kMostRails = 32;
constexpr double kMostAmpsOrVolts = 100.0;

struct Rail {
  std::string_view name;
  std::optional<double> amps{};
  std::optional<double> volts{};
  std::size_t line_at = 0;
};

struct Rails {
  std::array<Rail, kMostRails> rails;
  std::size_t count = 0;

  // Null where there is no room.
  Rail* Named(std::string_view name) {
    for (std::size_t i = 0; i < count; ++i) {
      if (rails[i].name == name) return &rails[i];
    }
    if (count == kMostRails) return nullptr;
    rails[count] = {name};
    return &rails[count++];
  }
};

Status Bad(std::string_view what, std::size_t at) {
  return Status(Code::kDataLoss, "pmic_read_adc: byte " + std::to_string(at) + ": " + std::string(what)).At(at);
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads on along a line.
class LineReader {
 public:
  LineReader(std::string_view line, std::size_t line_at) : line_(line), line_at_(line_at) {}

  [[nodiscard]] std::size_t at() const { return line_at_ + at_; }
  [[nodiscard]] std::string_view rest() const { return line_.substr(at_); }
  void SkipBlanks() { at_ = std::min(line_.find_first_not_of(" \t", at_), line_.size()); }
  [[nodiscard]] bool Skip(std::string_view text) {
    if (!rest().starts_with(text)) return false;
    at_ += text.size();
    return true;
  }
  [[nodiscard]] bool SkipDigits() {
    const std::size_t first = at_;
    while (at_ < line_.size() && IsDigit(line_[at_])) ++at_;
    return at_ > first;
  }
  [[nodiscard]] std::string_view Word() {
    const std::string_view word = line_.substr(at_, line_.find(' ', at_) - at_);
    at_ += word.size();
    return word;
  }
  [[nodiscard]] std::optional<double> Number() {
    double number = 0;
    if (rest().empty() || !IsDigit(rest().front())) return std::nullopt;
    const auto [end, error] =
        std::from_chars(line_.data() + at_, line_.data() + line_.size(), number, std::chars_format::fixed);
    if (error != std::errc() || !(number <= kMostAmpsOrVolts)) return std::nullopt;
    at_ = static_cast<std::size_t>(end - line_.data());
    return number;
  }

 private:
  const std::string_view line_;
  const std::size_t line_at_;
  std::size_t at_ = 0;
};

// "   3V7_WL_SW_A current(0)=0.08595288A"
Status ParseLine(std::string_view line, std::size_t line_at, Rails& rails) {
  LineReader reader(line, line_at);
  reader.SkipBlanks();
  const std::size_t name_at = reader.at();
  const std::string_view name = reader.Word();
  const bool is_current = name.ends_with("_A");
  if (name.size() < 3 || (!is_current && !name.ends_with("_V"))) return Bad("not the name of a rail", name_at);
  if (!reader.Skip(is_current ? " current(" : " volt(")) return Bad("not what such a rail tells", reader.at());
  if (!reader.SkipDigits() || !reader.Skip(")=")) return Bad("no number of a channel", reader.at());
  const auto number = reader.Number();
  if (!number) return Bad("not a number", reader.at());
  if (!reader.Skip(is_current ? "A" : "V") || !reader.rest().empty()) return Bad("the line goes on", reader.at());
  Rail* const rail = rails.Named(name.substr(0, name.size() - 2));
  if (rail == nullptr) return Bad("too many rails", name_at);
  auto& value = is_current ? rail->amps : rail->volts;
  if (value) return Bad("this rail is there twice", name_at);
  value = number;
  if (is_current) rail->line_at = name_at;
  return Ok();
}

Result<PmicReading> Sum(const Rails& rails) {
  PmicReading reading{0, 0};
  for (std::size_t i = 0; i < rails.count; ++i) {
    const Rail& rail = rails.rails[i];
    if (!rail.amps) continue;
    if (!rail.volts) return Bad("a current without its voltage", rail.line_at);
    reading.watts += *rail.amps * *rail.volts;
    ++reading.rails;
  }
  if (reading.rails == 0) return {Code::kNotFound, "pmic_read_adc: no rail of this board tells its current"};
  return reading;
}

PowerGaugeFacts FactsOf(const PmicReading& reading) {
  PowerGaugeFacts facts;
  facts.source = "pmic";
  facts.scope = "board";
  facts.detail = std::to_string(reading.rails) +
                 " rails of the power chip; what hangs on the 5 V input (USB, fan, HAT, NVMe) is not in it";
  // An assumption: how old the firmware's values are is documented nowhere.
  facts.averaging = std::chrono::milliseconds(20);
  // A meter's fit over the sum has slopes of 1.13 and 1.15 and a constant that depends on the board (RPi5-power).
  facts.relative_uncertainty = 0.10;
  // Root of the sum of squares over the rails: currents step by 8.9 mA (VDD_CORE) and 0.98 mA (others).
  facts.step_watts = 0.01;
  facts.most_watts = 25;
  return facts;
}

// Thread-safe as the mailbox is.
class PmicGauge final : public PowerGauge {
 public:
  PmicGauge(std::shared_ptr<os::FirmwareMailbox> mailbox, const PmicReading& first)
      : mailbox_(std::move(mailbox)), rails_(first.rails), facts_(FactsOf(first)) {}

  [[nodiscard]] const PowerGaugeFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<double> ReadWatts() override {
    char buffer[os::FirmwareMailbox::kMostTextBytes];
    ASSIGN_OR_RETURN(const std::string_view text, mailbox_->Ask(kCommand, buffer));
    ASSIGN_OR_RETURN(const PmicReading reading, ParsePmicAdc(text));
    if (reading.rails != rails_) return {Code::kDataLoss, "pmic_read_adc: not the rails of the first answer"};
    return reading.watts;
  }

 private:
  const std::shared_ptr<os::FirmwareMailbox> mailbox_;
  const std::size_t rails_;
  const PowerGaugeFacts facts_;
};

Result<std::shared_ptr<os::FirmwareMailbox>> MailboxOf(const EnergyRoots& roots) {
  if (roots.mailbox != nullptr) return roots.mailbox;
  ASSIGN_OR_RETURN(std::shared_ptr<os::FirmwareMailbox> opened, os::Mailbox::Open(roots.mailboxes));
  return opened;
}

}  // namespace

Result<PmicReading> ParsePmicAdc(std::string_view text) {
  Rails rails;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::string_view line = text.substr(at, text.find('\n', at) - at);
    if (!line.empty()) RETURN_IF_ERROR(ParseLine(line, at, rails));
    at += line.size() + 1;
  }
  return Sum(rails);
}

Result<std::unique_ptr<EnergySource>> OpenPmic(const EnergyRoots& roots) {
  ASSIGN_OR_RETURN(const std::shared_ptr<os::FirmwareMailbox> mailbox, MailboxOf(roots));
  char buffer[os::FirmwareMailbox::kMostTextBytes];
  ASSIGN_OR_RETURN(const std::string_view text, mailbox->Ask(kCommand, buffer));
  ASSIGN_OR_RETURN(const PmicReading first, ParsePmicAdc(text));
  return std::unique_ptr<EnergySource>(new GaugeSource(std::make_unique<PmicGauge>(mailbox, first), roots.clock));
}

}  // namespace inferometer::probe
