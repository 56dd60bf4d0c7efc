#pragma once
// Whether figures that were measured here can be published.

#include <string>
#include <string_view>
#include <vector>

#include "probe/survey/energy_findings.h"
#include "probe/survey/heat_findings.h"
#include "probe/survey/machine_findings.h"
#include "probe/survey/process_findings.h"

namespace inferometer::probe {

enum class Publishable { kYes, kWithCare, kNo };

[[nodiscard]] constexpr std::string_view NameOf(Publishable level) {
  switch (level) {
    case Publishable::kYes: return "yes";
    case Publishable::kWithCare: return "with_care";
    case Publishable::kNo: return "no";
  }
  return "";
}

struct Verdict {
  std::string figure;  // "time", "tokens", "cpu", "memory", "energy", "heat"
  Publishable level = Publishable::kYes;
  std::string reason;  // one sentence
};

struct Outlook {
  MachineOutlook machine;
  ProcessOutlook process;
  EnergyOutlook energy;
  HeatOutlook heat;
};

// One for each figure, in the order above.
[[nodiscard]] std::vector<Verdict> JudgeFigures(const Outlook& outlook);

// The whole in one line: the worst level, and which figures stand where.
[[nodiscard]] Verdict JudgeAll(const std::vector<Verdict>& figures);

}  // namespace inferometer::probe
