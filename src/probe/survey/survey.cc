#include "probe/survey/survey.h"

#include <iterator>
#include <utility>

#include "os/machine.h"
#include "probe/energy/power_profile.h"
#include "probe/survey/energy_findings.h"
#include "probe/survey/heat_findings.h"
#include "probe/survey/process_findings.h"

namespace inferometer::probe {
namespace {

void Append(std::vector<Finding> part, std::vector<Finding>& all) {
  std::move(part.begin(), part.end(), std::back_inserter(all));
}

}  // namespace

Survey SurveyThisMachine(const SurveyOptions& options) {
  const base::Clock& clock = *options.energy.clock;
  const os::Machine machine = os::DescribeMachine(options.paths.procfs, options.paths.sysfs);
  Survey survey;
  survey.machine = MachineNameOf(machine);
  survey.kernel = machine.kernel;
  HeatSurveyor heat({options.paths.sysfs, &clock, options.energy.mailboxes, options.energy.mailbox});
  // First the load of the others, before this program makes much of its own.
  MachineSurvey surroundings = SurveyMachine(options.paths, clock, options.wait);
  ProcessSurvey process = SurveyProcess(options.paths.procfs, options.paths.sysfs, clock);
  EnergySurvey energy =
      SurveyEnergy({options.energy, options.profile, survey.machine, surroundings.outlook.in_container,
                    surroundings.outlook.is_virtual, options.wait});
  HeatSurvey warmth = heat.Survey(surroundings.outlook.in_container);
  const Outlook outlook{surroundings.outlook, process.outlook, energy.outlook, warmth.outlook};
  Append(std::move(process.findings), survey.findings);
  Append(std::move(energy.findings), survey.findings);
  Append(std::move(warmth.findings), survey.findings);
  Append(std::move(surroundings.findings), survey.findings);
  survey.figures = JudgeFigures(outlook);
  survey.all = JudgeAll(survey.figures);
  return survey;
}

}  // namespace inferometer::probe
