#include "probe/survey/energy_findings.h"

#include <fmt/format.h>

#include <utility>

#include "os/files.h"
#include "probe/energy/battery.h"
#include "probe/energy/energy_sources.h"
#include "probe/energy/nvml.h"
#include "probe/energy/power_model.h"
#include "probe/energy/power_profile.h"
#include "probe/energy/rapl_zones.h"
#include "probe/survey/reading_cost.h"

namespace inferometer::probe {
namespace {

using Milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::chrono::milliseconds kLongestWait{200};
constexpr int kTriedSamples = 3;
constexpr int kMostWaits = 10;
// A meter that sends by itself is given so long to send what belongs to a window's end.
constexpr std::chrono::milliseconds kLateNews{2000};

// A group of its own and a udev rule, since the kernel makes the files readable by root alone at every boot (0400 since
// CVE-2020-8694, Linux 5.10). The zone's folder is the device, %p its path below /sys.
std::vector<std::string> StepsForRapl(const std::filesystem::path& sysfs, bool in_container) {
  if (in_container) {
    return {"on the host, allow a group to read the counters: inferometer doctor says how there",
            "then start the container with: --group-add GID of that group (or as root) -v /sys:/host/sys:ro",
            "and give inferometer: --path.sysfs /host/sys"};
  }
  const std::string files = (sysfs / "class/powercap/*/energy_uj").string();
  return {"sudo groupadd --system --force inferometer && sudo usermod -aG inferometer \"$USER\"",
          "echo 'SUBSYSTEM==\"powercap\", KERNEL==\"intel-rapl*:*\", RUN+=\"/bin/chgrp inferometer /sys%p/energy_uj\", "
          "RUN+=\"/bin/chmod 0440 /sys%p/energy_uj\"' | sudo tee /etc/udev/rules.d/60-inferometer.rules",
          fmt::format("until the next boot, which applies the rule: sudo chgrp inferometer {0} && sudo chmod 0440 {0}",
                      files),
          "log in again, so that the group counts"};
}

std::vector<std::string> StepsForPmic(bool in_container) {
  if (in_container) {
    return {"start the container with: --device /dev/vcio --group-add \"$(getent group video | cut -d: -f3)\""};
  }
  return {"sudo usermod -aG video \"$USER\"", "log in again, so that the group counts"};
}

// Docker masks /sys/devices/virtual/powercap (GHSA-jq35-85cj-fj4p) at its own place only, so that the host's /sys
// mounted at another place shows it; a plain -v /sys/class/powercap brings links that lead into the mask.
std::vector<std::string> StepsForMask() {
  return {"if the host has RAPL counters, start the container with: -v /sys:/host/sys:ro",
          "and give inferometer: --path.sysfs /host/sys",
          "the counters are for root alone: run as the host's root user, or allow a group on the host (inferometer "
          "doctor there says how) and add --group-add GID"};
}

Finding Refused(std::string_view name, const Status& status, const EnergyQuestion& question) {
  Finding finding{FindingGroup::kEnergy, std::string(name), FindingState::kUnusable, status.message(), {}, {}, {}};
  if (status.code() == Code::kNotFound) {
    finding.state = FindingState::kAbsent;
    if (name == "rapl" && question.is_virtual) {
      finding.detail += "; a virtual machine has none";
    } else if (name == "rapl" && question.in_container) {
      finding.next_steps = StepsForMask();
    }
  } else if (status.code() == Code::kPermissionDenied) {
    finding.state = FindingState::kDenied;
    finding.detail = status.message().substr(0, status.message().find("; allow it: "));
    finding.next_steps = StepsToAllow(name, status.message(), question.roots.sysfs, question.in_container);
  }
  return finding;
}

// What belongs to a moment arrives after it, so that two readings as quick as can be show nothing. The window holds
// some samples of a slow meter.
Result<Energy> TryMeter(EnergySource& meter, const EnergyQuestion& question, std::chrono::nanoseconds& duration) {
  const base::Clock& clock = *question.roots.clock;
  const EnergyReading begin = meter.Begin();
  const auto since = clock.Steady();
  for (int waits = 0; waits < kMostWaits; ++waits) {
    question.wait();
    if (clock.Steady() - since >= kTriedSamples * meter.facts().resolution) break;
  }
  const EnergyReading end = meter.Read();
  duration = clock.Steady() - since;
  meter.AwaitNews(kLateNews);
  return meter.Between(begin, end, duration);
}

Finding OpenedMeter(EnergySource& meter, const EnergyQuestion& question) {
  const EnergySourceFacts& facts = meter.facts();
  Finding finding{FindingGroup::kEnergy, facts.name, FindingState::kAvailable, "over " + facts.scope, {}, {}, {}};
  finding.detail += ", " + facts.detail;
  finding.cost_us = ReadingCostUs([&] { static_cast<void>(meter.Read()); }, *question.roots.clock);
  finding.step_ms = Milliseconds(facts.resolution).count();
  std::chrono::nanoseconds duration{};
  const auto energy = TryMeter(meter, question, duration);
  if (energy.ok()) {
    finding.detail += fmt::format(", {:.2f} W now", energy->mj / Milliseconds(duration).count());
  } else {
    finding.state = FindingState::kUnusable;
    finding.detail += "; " + energy.status().message();
  }
  return finding;
}

// A counter that stands still while this process reads it as fast as it can counts nothing. One that moves once in that
// time has the step that it states.
Finding Opened(EnergySource& source, const base::Clock& clock) {
  const EnergySourceFacts& facts = source.facts();
  Finding finding{FindingGroup::kEnergy, facts.name, FindingState::kAvailable, "over " + facts.scope, {}, {}, {}};
  if (!facts.detail.empty()) finding.detail += ", " + facts.detail;
  finding.cost_us = ReadingCostUs([&] { static_cast<void>(source.Read()); }, clock);
  if (facts.is_sampled) {
    finding.step_ms = Milliseconds(facts.resolution).count();
    return finding;
  }
  const EnergyReading before = source.Read();
  finding.step_ms = MeasuredStepMs(source, clock);
  if (finding.step_ms.has_value()) return finding;
  if (source.Read().total_mj > before.total_mj) {
    finding.step_ms = Milliseconds(facts.resolution).count();
    return finding;
  }
  finding.state = FindingState::kUnusable;
  finding.detail += "; it stood still for 200 ms";
  return finding;
}

class Surveyor {
 public:
  explicit Surveyor(const EnergyQuestion& question) : question_(question) {}

  EnergySurvey Survey() {
    for (const EnergyOpener& opener : MainEnergySources()) LookAt(opener);
    LookAtGpu();
    LookAtBattery();
    LookAtProfile();
    LookAtModel();
    return std::move(survey_);
  }

 private:
  void LookAt(const EnergyOpener& opener) {
    auto source = opener.open(question_.roots);
    if (!source.ok()) {
      Finding finding = Refused(opener.name, source.status(), question_);
      if (IsNamedMeter(opener)) RefuseNamedMeter();
      survey_.outlook.is_denied = survey_.outlook.is_denied || finding.state == FindingState::kDenied;
      survey_.findings.push_back(std::move(finding));
      return;
    }
    Finding finding =
        IsNamedMeter(opener) ? OpenedMeter(**source, question_) : Opened(**source, *question_.roots.clock);
    // The recorder takes the first that opens, also one that stands still, whose windows then go to the model.
    if (finding.state == FindingState::kAvailable && !main_was_opened_) {
      finding.state = FindingState::kUsed;
      const EnergySourceFacts& facts = (*source)->facts();
      survey_.outlook.basis = EnergyOutlook::Basis::kMeasured;
      survey_.outlook.source = facts.name;
      survey_.outlook.scope = facts.scope;
      survey_.outlook.step_ms = finding.step_ms;
    }
    main_was_opened_ = true;
    survey_.findings.push_back(std::move(finding));
  }

  [[nodiscard]] bool IsNamedMeter(const EnergyOpener& opener) const {
    return opener.name == "external" && !question_.roots.external_meter.empty();
  }
  // It was asked for: the recorder takes no other.
  void RefuseNamedMeter() {
    survey_.outlook.basis = EnergyOutlook::Basis::kRefused;
    main_was_opened_ = true;
  }

  // Its figures stand beside those of the main source, whichever that is.
  void LookAtGpu() {
    auto source = OpenNvml(question_.roots);
    if (!source.ok()) {
      survey_.findings.push_back(Refused("nvml", source.status(), question_));
      return;
    }
    Finding finding = Opened(**source, *question_.roots.clock);
    if (finding.state == FindingState::kAvailable) {
      finding.state = FindingState::kUsed;
      survey_.outlook.gpu_source = finding.name;
    }
    survey_.findings.push_back(std::move(finding));
  }

  void LookAtBattery() {
    auto source = OpenBattery(question_.roots);
    if (!source.ok()) {
      survey_.findings.push_back(Refused("battery", source.status(), question_));
      return;
    }
    const EnergySourceFacts& facts = (*source)->facts();
    Finding finding{FindingGroup::kEnergy, facts.name, FindingState::kAvailable, "", {}, {}, {}};
    finding.detail =
        fmt::format("over {}, {}, windows of {} s or more", facts.scope, facts.detail, kLeastBatteryWindow.count());
    finding.cost_us = ReadingCostUs([&] { static_cast<void>((*source)->Read()); }, *question_.roots.clock);
    finding.step_ms = Milliseconds(facts.resolution).count();
    const EnergyReading now = (*source)->Read();
    if (!now.ok) {
      finding.state = FindingState::kUnusable;
      finding.detail += "; now " + (*source)->Between(now, now, kLeastBatteryWindow).status().message();
    } else if (!main_was_opened_) {
      finding.state = FindingState::kUsed;
    }
    survey_.findings.push_back(std::move(finding));
  }

  void LookAtProfile() {
    Finding finding{FindingGroup::kEnergy, "power profile", FindingState::kAbsent, "", {}, {}, {}};
    std::error_code error;
    if (question_.profile.empty() || !std::filesystem::exists(question_.profile, error)) {
      finding.detail = "no board was measured here yet";
      finding.next_steps = {"with any meter attached: inferometer doctor --calibrate"};
      survey_.findings.push_back(std::move(finding));
      return;
    }
    const auto profile = ReadPowerProfile(question_.profile);
    const Status status = profile.ok() ? CheckIsOfMachine(*profile, question_.machine_name) : profile.status();
    if (!status.ok()) {
      finding.state = FindingState::kUnusable;
      finding.detail = status.message();
      finding.next_steps = {"inferometer doctor --calibrate"};
    } else {
      const bool is_used = survey_.outlook.basis == EnergyOutlook::Basis::kModel;
      finding.state = is_used ? FindingState::kUsed : FindingState::kAvailable;
      finding.detail = fmt::format("{:.1f} W idle, {:.1f} W prompt, {:.1f} W decoding, by {} on {}, +/- {:.0f} %",
                                   profile->idle.watts, profile->prefill.watts, profile->decode.watts, profile->source,
                                   profile->measured_at, 100 * kCalibratedUncertainty);
      if (is_used) Calibrated(*profile);
    }
    survey_.findings.push_back(std::move(finding));
  }

  void Calibrated(const PowerProfile& profile) {
    survey_.outlook.basis = EnergyOutlook::Basis::kCalibrated;
    survey_.outlook.source = profile.source;
    survey_.outlook.scope = profile.scope;
  }

  void LookAtModel() {
    const bool is_used = survey_.outlook.basis == EnergyOutlook::Basis::kModel;
    survey_.findings.push_back({FindingGroup::kEnergy,
                                "board's model",
                                is_used ? FindingState::kUsed : FindingState::kAvailable,
                                fmt::format("from CPU use, +/- {:.0f} %", 100 * kModelUncertainty),
                                {},
                                {},
                                {}});
  }

  const EnergyQuestion& question_;
  bool main_was_opened_ = false;
  EnergySurvey survey_;
};

}  // namespace

std::optional<double> MeasuredStepMs(EnergySource& source, const base::Clock& clock) {
  const auto since = clock.Steady();
  EnergyReading last = source.Read();
  std::optional<std::chrono::nanoseconds> first_change;
  while (clock.Steady() - since < kLongestWait) {
    const EnergyReading reading = source.Read();
    const auto now = clock.Steady();
    if (!WindowIsWhole(last, reading)) return std::nullopt;
    if (reading.total_mj <= last.total_mj) continue;
    if (first_change.has_value()) return Milliseconds(now - *first_change).count();
    first_change = now;
    last = reading;
  }
  return std::nullopt;
}

std::vector<std::string> StepsToAllow(std::string_view source, std::string_view message,
                                      const std::filesystem::path& sysfs, bool in_container) {
  if (source == "rapl") return StepsForRapl(sysfs, in_container);
  if (source == "pmic") return StepsForPmic(in_container);
  constexpr std::string_view kBefore = "; allow it: ";
  const std::size_t at = message.find(kBefore);
  if (at == std::string_view::npos) return {};
  return {std::string(message.substr(at + kBefore.size()))};
}

EnergySurvey SurveyEnergy(const EnergyQuestion& question) { return Surveyor(question).Survey(); }

}  // namespace inferometer::probe
