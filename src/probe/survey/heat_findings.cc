#include "probe/survey/heat_findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <utility>

#include "probe/survey/energy_findings.h"

namespace inferometer::probe {
namespace {

using Microseconds = std::chrono::duration<double, std::micro>;

Finding Absent(std::string name, std::string detail) {
  return {FindingGroup::kHeat, std::move(name), FindingState::kAbsent, std::move(detail), {}, {}, {}};
}

Finding Used(std::string name, std::string detail, const HeatPartFacts& part) {
  Finding finding{FindingGroup::kHeat, std::move(name), FindingState::kUsed, std::move(detail), {}, {}, {}};
  finding.cost_us = Microseconds(part.look_time).count();
  if (part.is_slow) finding.detail += "; slow, so that only the sampler reads it";
  return finding;
}

Finding TemperatureFinding(const std::optional<HeatPartFacts>& part, const std::optional<double>& celsius) {
  if (!part) return Absent("temperature", "no sensor of the processor shows one");
  if (celsius) return Used("temperature", fmt::format("{}, {:.1f} degrees C now", part->name, *celsius), *part);
  Finding finding = Used("temperature", part->name + " could not be read again", *part);
  finding.state = FindingState::kUnusable;
  return finding;
}

// What the sources of throttling look at (kernel drivers therm_throt, soctherm, ina3221, cpufreq_cooling; the Pi's
// firmware).
std::string KindOf(const ThrottleSourceFacts& source) {
  if (source.name == "thermal_throttle") return "the CPU's counters of thermal events";
  if (source.name == "firmware") return "the firmware's flags";
  if (source.name == "soctherm") return "the board's counters of over-current and under-voltage";
  if (source.name == "alarms") return "the rails' alarms of over-current";
  if (source.name == "cooling_devices") return "the cooling that the kernel does by slowing down";
  return source.name;
}

std::string NamesOf(ReasonSet reasons) {
  std::string names;
  for (std::size_t i = 0; i < kThrottleReasons; ++i) {
    const auto reason = static_cast<ThrottleReason>(i);
    if ((reasons & SetOf(reason)) == 0) continue;
    names.append(names.empty() ? "" : ", ").append(NameOf(reason));
  }
  return names;
}

Finding ThrottleFinding(const HeatPartFacts& part, const ThrottleReading& begin, const ThrottleReading& end) {
  const std::string live = NamesOf(end.live);
  std::string detail = KindOf(part.throttle_source) + (live.empty() ? ": not now" : ": throttled now, " + live);
  if (part.throttle_source.counts) {
    detail += fmt::format(", {} events in the last seconds", end.events - begin.events);
  }
  if (!part.throttle_source.can_deny) detail += "; tells nothing of heat";
  Finding finding = Used("throttling: " + part.name, std::move(detail), part);
  if (end.ok) return finding;
  finding.state = FindingState::kUnusable;
  finding.detail = KindOf(part.throttle_source) + " could not be read again";
  return finding;
}

// Of a Raspberry Pi whose firmware does not answer; nothing elsewhere.
std::vector<Finding> FirmwareFindings(const Status& firmware, const std::filesystem::path& sysfs, bool in_container) {
  if (firmware.ok() || firmware.code() == Code::kNotFound) return {};
  Finding finding = Absent("throttling: firmware", firmware.message());
  finding.state = FindingState::kUnusable;
  if (firmware.code() == Code::kPermissionDenied) {
    finding.state = FindingState::kDenied;
    finding.detail = firmware.message().substr(0, firmware.message().find("; allow it: "));
    finding.next_steps = StepsToAllow("pmic", firmware.message(), sysfs, in_container);
  }
  return {finding};
}

Finding FrequencyFinding(const std::optional<HeatPartFacts>& part, const std::optional<double>& mhz) {
  if (!part) return Absent("frequency", "no cpufreq");
  std::string detail = part->name;
  if (part->name == "scaling_cur_freq") detail += ": what was asked of the CPUs, not what they did; sampled";
  if (mhz) detail += fmt::format(", {:.0f} MHz now", *mhz);
  return Used("frequency", std::move(detail), *part);
}

}  // namespace

HeatSurveyor::HeatSurveyor(const HeatRoots& roots) : heat_(roots), sysfs_(roots.sysfs), begin_(heat_.Begin()) {
  heat_.Sample();  // what is slow is looked at by this alone
}

HeatSurvey HeatSurveyor::Survey(bool in_container) {
  heat_.Sample();
  const HeatReading end = heat_.Read();
  const HeatFacts facts = heat_.Facts();
  const HeatAnswer answer = heat_.Between(begin_, end);
  HeatSurvey survey;
  survey.findings = {TemperatureFinding(facts.temperature, end.temperature.celsius)};
  for (std::size_t i = 0; i < facts.throttle.size(); ++i) {
    survey.findings.push_back(ThrottleFinding(facts.throttle[i], begin_.throttle[i], end.throttle[i]));
  }
  for (Finding& finding : FirmwareFindings(facts.firmware, sysfs_, in_container)) {
    survey.outlook.is_denied = finding.state == FindingState::kDenied;
    survey.findings.push_back(std::move(finding));
  }
  survey.outlook.tells_temperature = end.temperature.celsius.has_value();
  survey.outlook.tells_throttling = answer.throttled.has_value();
  survey.outlook.reasons = answer.reasons;
  if (survey.findings.size() == 1) {
    survey.findings.push_back(Absent("throttling", "no source tells of it: cannot rule out throttling"));
  }
  survey.findings.push_back(FrequencyFinding(facts.frequency, answer.cpu_mhz));
  return survey;
}

}  // namespace inferometer::probe
