#pragma once
// What this machine can measure, what each probe costs, and what is missing: the knowledge of `inferometer doctor`.

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "probe/energy/energy_roots.h"
#include "probe/survey/finding.h"
#include "probe/survey/machine_findings.h"
#include "probe/survey/verdict.h"

namespace inferometer::probe {

inline constexpr int kSurveySchemaVersion = 1;

struct SurveyOptions {
  MachinePaths paths;
  EnergyRoots energy;             // its clock serves the whole survey
  std::filesystem::path profile;  // that `inferometer device` would use; empty: none
  // Passes about a second, in which the load of others is measured.
  std::function<void()> wait = [] { std::this_thread::sleep_for(std::chrono::seconds(1)); };
};

struct Survey {
  std::string machine;  // see MachineNameOf; may hold text from files
  std::string kernel;
  std::vector<Finding> findings;  // by group
  std::vector<Verdict> figures;
  Verdict all;
};

// Takes one to three seconds, with an external meter some more, and reads only, but for the high-water mark of this
// process's memory, which it resets. What cannot be read is a finding, never an error.
[[nodiscard]] Survey SurveyThisMachine(const SurveyOptions& options);

}  // namespace inferometer::probe
