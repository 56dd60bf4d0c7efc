#include "probe/heat/heat.h"

#include <algorithm>
#include <utility>

#include "probe/heat/firmware_throttle.h"
#include "probe/heat/throttle_alarms.h"
#include "probe/heat/throttle_counters.h"

namespace inferometer::probe {
namespace {

void Raise(std::optional<double>& most, const std::optional<double>& value) {
  if (value && (!most || *value > *most)) most = value;
}

Result<std::unique_ptr<ThrottleSource>> OpenFirmware(const HeatRoots& roots) {
  if (roots.mailbox != nullptr) return OpenFirmwareThrottle(roots.mailbox);
  ASSIGN_OR_RETURN(std::shared_ptr<os::FirmwareMailbox> mailbox, os::Mailbox::Open(roots.mailboxes));
  return OpenFirmwareThrottle(std::move(mailbox));
}

HeatPartFacts FactsOf(const std::string& name, const HeatPart& part) {
  return {name, part.look_time(), part.is_slow(), {}};
}

}  // namespace

void TemperatureWatch::Forget() {
  const std::lock_guard lock(mutex_);
  reading_ = {};
}

TemperatureReading TemperatureWatch::Reading() const {
  const std::lock_guard lock(mutex_);
  return reading_;
}

void TemperatureWatch::Look(std::chrono::nanoseconds /*now*/, bool /*anew*/) {
  const auto celsius = zone_.ReadCelsius();
  const std::lock_guard lock(mutex_);
  reading_.celsius = celsius.ok() ? std::optional(*celsius) : std::nullopt;
  if (!reading_.first_celsius) reading_.first_celsius = reading_.celsius;
  Raise(reading_.most_celsius, reading_.celsius);
}

Heat::Heat(const HeatRoots& roots) : clock_(roots.clock) {
  if (auto zone = ThermalZone::Find(roots.sysfs); zone.ok()) {
    temperature_ = std::make_unique<TemperatureWatch>(std::move(zone).value(), clock_);
  }
  if (auto source = OpenCpuFrequency(roots.sysfs); source.ok()) {
    frequency_ = std::make_unique<FrequencyWatch>(std::move(source).value(), clock_);
  }
  auto firmware = OpenFirmware(roots);
  firmware_ = firmware.status();
  Add(std::move(firmware));
  Add(OpenThermalThrottleCounts(roots.sysfs));
  Add(OpenOverCurrentCounts(roots.sysfs));
  Add(OpenOverCurrentAlarms(roots.sysfs));
  Add(OpenCoolingDevices(roots.sysfs));
  ForEachPart([](HeatPart& part) { part.MeasureLooks(); });
}

void Heat::Add(Result<std::unique_ptr<ThrottleSource>> source) {
  if (!source.ok() || throttling_.size() == kMostThrottleSources) return;
  throttling_.push_back(std::make_unique<ThrottleWatch>(std::move(source).value(), clock_));
}

template <typename F>
void Heat::ForEachPart(const F& f) {
  if (temperature_ != nullptr) f(*temperature_);
  if (frequency_ != nullptr) f(*frequency_);
  for (const auto& watch : throttling_) f(*watch);
}

HeatFacts Heat::Facts() const {
  HeatFacts facts;
  if (temperature_ != nullptr) facts.temperature = FactsOf(temperature_->name(), *temperature_);
  if (frequency_ != nullptr) facts.frequency = FactsOf(frequency_->name(), *frequency_);
  for (const auto& watch : throttling_) {
    facts.throttle.push_back(FactsOf(watch->facts().name, *watch));
    facts.throttle.back().throttle_source = watch->facts();
  }
  facts.firmware = firmware_;
  return facts;
}

HeatReading Heat::Begin() {
  if (temperature_ != nullptr) temperature_->Forget();
  ForEachPart([](HeatPart& part) { part.LookAtBegin(); });
  return Reading();
}

HeatReading Heat::Read() {
  ForEachPart([](HeatPart& part) { part.LookAtEnd(); });
  return Reading();
}

void Heat::Sample() {
  ForEachPart([](HeatPart& part) { part.LookAtTick(); });
}

bool Heat::NeedsSampling() const { return temperature_ != nullptr || frequency_ != nullptr || !throttling_.empty(); }

HeatReading Heat::Reading() const {
  HeatReading reading;
  reading.at = clock_->Steady();
  if (temperature_ != nullptr) reading.temperature = temperature_->Reading();
  if (frequency_ != nullptr) reading.frequency = frequency_->Reading();
  for (std::size_t i = 0; i < throttling_.size(); ++i) reading.throttle[i] = throttling_[i]->Reading();
  return reading;
}

HeatAnswer Heat::Between(const HeatReading& begin, const HeatReading& end) const {
  HeatAnswer answer;
  AnswerTemperature(begin, end, answer);
  AnswerThrottling(begin, end, answer);
  AnswerFrequency(begin, end, answer);
  return answer;
}

void Heat::AnswerTemperature(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const {
  if (temperature_ == nullptr) return;
  const bool is_slow = temperature_->is_slow();
  answer.start_celsius = is_slow ? end.temperature.first_celsius : begin.temperature.celsius;
  answer.most_celsius = end.temperature.most_celsius;
  if (!is_slow) Raise(answer.most_celsius, begin.temperature.celsius);
  if (answer.start_celsius || answer.most_celsius) answer.temperature_source = temperature_->name();
}

void Heat::AnswerThrottling(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const {
  ReasonSet reasons = 0;
  bool can_deny = false;
  bool all_told = true;
  bool all_counted = true;
  std::optional<std::int64_t> events;
  for (std::size_t i = 0; i < throttling_.size(); ++i) {
    const ThrottleWatch& watch = *throttling_[i];
    const ThrottleVerdict verdict = VerdictBetween(begin.throttle[i], end.throttle[i], watch.is_slow());
    reasons |= verdict.reasons;
    all_told = all_told && verdict.is_whole;
    can_deny = can_deny || watch.facts().can_deny;
    if (!watch.facts().counts) continue;
    all_counted = all_counted && verdict.is_whole;
    events = events.value_or(0) + static_cast<std::int64_t>(verdict.events);
  }
  for (std::size_t i = 0; i < kThrottleReasons; ++i) {
    const auto reason = static_cast<ThrottleReason>(i);
    if ((reasons & SetOf(reason)) != 0) answer.reasons.emplace_back(NameOf(reason));
  }
  if (reasons != 0) answer.throttled = true;
  if (reasons == 0 && can_deny && all_told) answer.throttled = false;
  if (all_counted) answer.throttle_events = events;
}

void Heat::AnswerFrequency(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const {
  if (frequency_ == nullptr) return;
  answer.cpu_mhz = MeanMhz(begin.frequency, end.frequency, end.at - begin.at);
  if (answer.cpu_mhz) answer.frequency_source = frequency_->name();
}

}  // namespace inferometer::probe
