#include "probe/survey/verdict.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>

#include "probe/energy/power_model.h"
#include "probe/energy/power_profile.h"

namespace inferometer::probe {
namespace {

constexpr double kCoarseStepMs = 1000;

// What disturbs whatever runs now; absent: the machine is quiet.
std::optional<std::string> Disturbance(const MachineOutlook& machine) {
  if (machine.steal_percent.value_or(0) > kQuietPercent) {
    return fmt::format("{:.0f} % of the CPUs is stolen by other guests right now; repeat on a quiet machine",
                       *machine.steal_percent);
  }
  if (machine.background_percent.value_or(0) > kQuietPercent) {
    return fmt::format("other processes use {:.0f} % of the CPUs right now; repeat on a quiet machine",
                       *machine.background_percent);
  }
  return std::nullopt;
}

Verdict JudgeTime(const Outlook& outlook) {
  if (const auto disturbance = Disturbance(outlook.machine)) return {"time", Publishable::kWithCare, *disturbance};
  if (!outlook.process.clock_is_quick) {
    return {"time", Publishable::kWithCare,
            fmt::format("the kernel's clock ({}) is slow to read; short phases are off", outlook.process.clock_source)};
  }
  if (outlook.machine.swap_in_use) {
    return {"time", Publishable::kWithCare, "swap is in use; weights that are paged in count as inference"};
  }
  if (outlook.machine.is_virtual) {
    return {"time", Publishable::kWithCare, "a virtual machine: times hold for this guest beside its neighbours"};
  }
  if (!outlook.machine.background_percent.has_value()) {
    return {"time", Publishable::kWithCare, "whether others use the CPUs cannot be seen"};
  }
  return {"time", Publishable::kYes, "steady clock, and a quiet machine"};
}

Verdict JudgeTokens() {
  return {"tokens", Publishable::kYes, "the engine's own tokens are counted; rates are as good as the time"};
}

Verdict JudgeCpu(const Outlook& outlook) {
  if (!outlook.process.cpu_clock_is_exact) {
    return {"cpu", Publishable::kWithCare,
            "the CPU clock lags by up to a tick a thread; only long inferences are right"};
  }
  if (outlook.machine.steal_percent.value_or(0) > kQuietPercent) {
    return {"cpu", Publishable::kWithCare, "stolen time may be charged to this process"};
  }
  if (!outlook.process.cpu_of_others_is_known) {
    return {"cpu", Publishable::kWithCare, "exact for this process, but the load of others cannot be seen"};
  }
  return {"cpu", Publishable::kYes, "every thread's own clock"};
}

Verdict JudgeMemory(const Outlook& outlook) {
  if (!outlook.process.memory_is_known) return {"memory", Publishable::kNo, "/proc does not tell it"};
  if (!outlook.process.peak_can_be_reset) {
    return {"memory", Publishable::kWithCare, "peaks are of the process's life, not of one inference"};
  }
  if (outlook.machine.swap_in_use) {
    return {"memory", Publishable::kWithCare, "swap is in use; resident memory is not all that is needed"};
  }
  return {"memory", Publishable::kYes, "resident memory and the peak of each inference"};
}

Verdict JudgeEnergyOfCpus(const EnergyOutlook& energy) {
  const std::string denied = energy.is_denied ? "; a source that measures is there and may not be read" : "";
  switch (energy.basis) {
    case EnergyOutlook::Basis::kModel:
      return {"energy", Publishable::kNo,
              fmt::format("modelled from CPU use, +/- {:.0f} %{}", 100 * kModelUncertainty, denied)};
    case EnergyOutlook::Basis::kCalibrated:
      return {"energy", Publishable::kWithCare,
              fmt::format("modelled from this machine's measured power, +/- {:.0f} %; say so{}",
                          100 * kCalibratedUncertainty, denied)};
    case EnergyOutlook::Basis::kRefused:
      return {"energy", Publishable::kNo, "the meter that was named cannot be used, and nothing else stands in for it"};
    case EnergyOutlook::Basis::kMeasured: break;
  }
  if (energy.step_ms.value_or(0) >= kCoarseStepMs) {
    return {"energy", Publishable::kWithCare,
            fmt::format("measured by {}, whose readings are {:.0f} ms old; only long inferences are right",
                        energy.source, *energy.step_ms)};
  }
  return {"energy", Publishable::kYes,
          fmt::format("measured by {}; name its scope, \"{}\", with every figure", energy.source, energy.scope)};
}

Verdict JudgeEnergy(const EnergyOutlook& energy) {
  Verdict verdict = JudgeEnergyOfCpus(energy);
  if (!energy.gpu_source.empty()) verdict.reason += "; a GPU's share is measured by " + energy.gpu_source;
  return verdict;
}

Verdict JudgeHeat(const HeatOutlook& heat) {
  if (!heat.reasons.empty()) {
    return {"heat", Publishable::kWithCare,
            fmt::format("the machine throttles right now ({}); cool or feed it better, and repeat",
                        fmt::join(heat.reasons, ", "))};
  }
  const std::string denied = heat.is_denied ? "; a source that tells is there and may not be read" : "";
  if (!heat.tells_temperature && !heat.tells_throttling) {
    return {"heat", Publishable::kNo, "no sensor tells the temperature, and nothing can rule out throttling" + denied};
  }
  if (!heat.tells_throttling) return {"heat", Publishable::kWithCare, "cannot rule out throttling" + denied};
  if (!heat.tells_temperature) return {"heat", Publishable::kWithCare, "throttling is told, the temperature is not"};
  return {"heat", Publishable::kYes, "temperature and throttling are told"};
}

std::string FiguresOf(const std::vector<Verdict>& figures, Publishable level) {
  std::string names;
  for (const Verdict& one : figures) {
    if (one.level == level) names += (names.empty() ? "" : ", ") + one.figure;
  }
  return names;
}

}  // namespace

std::vector<Verdict> JudgeFigures(const Outlook& outlook) {
  return {JudgeTime(outlook),          JudgeTokens(),          JudgeCpu(outlook), JudgeMemory(outlook),
          JudgeEnergy(outlook.energy), JudgeHeat(outlook.heat)};
}

Verdict JudgeAll(const std::vector<Verdict>& figures) {
  Verdict all{"all", Publishable::kYes, ""};
  for (const Verdict& one : figures) all.level = std::max(all.level, one.level);
  if (all.level == Publishable::kYes) {
    all.reason = "results from here can be published";
    return all;
  }
  constexpr std::pair<Publishable, const char*> kParts[] = {
      {Publishable::kYes, "can be published"}, {Publishable::kWithCare, "with care"}, {Publishable::kNo, "not"}};
  for (const auto& [level, words] : kParts) {
    const std::string names = FiguresOf(figures, level);
    if (!names.empty()) all.reason += fmt::format("{}{}: {}", all.reason.empty() ? "" : "; ", words, names);
  }
  return all;
}

}  // namespace inferometer::probe
