#include "probe/survey/process_findings.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "os/files.h"
#include "os/process.h"
#include "probe/machine_cpu.h"
#include "probe/process_memory.h"
#include "probe/survey/reading_cost.h"

namespace inferometer::probe {
namespace {

constexpr std::size_t kMostBytes = 4096;
constexpr double kQuickUs = 1;  // a clock page shared with the kernel takes 0.02 us, a call or a device 0.2 us to 5 us

std::string ClockSource(const std::filesystem::path& sysfs) {
  const auto text = os::ReadFile(sysfs / "devices/system/clocksource/clocksource0/current_clocksource", kMostBytes);
  if (!text.ok()) return "";
  return text->substr(0, text->find('\n'));
}

// A single reading is shorter than the clock can tell: a thousand at a time.
double ClockCostUs(const base::Clock& clock) {
  constexpr int kReadings = 1000;
  const auto read = [&] {
    for (int i = 0; i < kReadings; ++i) static_cast<void>(clock.Steady());
  };
  return ReadingCostUs(read, clock) / kReadings;
}

// The shortest way from one value of the clock to the next.
double ClockStepMs(const base::Clock& clock) {
  constexpr int kMostReadings = 100'000;
  const auto first = clock.Steady();
  auto last = first;
  for (int i = 0; i < kMostReadings && last == first; ++i) last = clock.Steady();
  return std::chrono::duration<double, std::milli>(last - first).count();
}

void AddClock(const std::filesystem::path& sysfs, const base::Clock& clock, ProcessSurvey& survey) {
  survey.outlook.clock_source = ClockSource(sysfs);
  const double cost_us = ClockCostUs(clock);
  survey.outlook.clock_is_quick = cost_us < kQuickUs;
  const std::string source = survey.outlook.clock_source.empty() ? "unknown" : survey.outlook.clock_source;
  Finding finding{
      FindingGroup::kTime, "steady clock", FindingState::kUsed, "kernel's clock source: " + source, {}, cost_us,
      ClockStepMs(clock)};
  if (!survey.outlook.clock_is_quick) {
    finding.detail += ", slow to read";
    finding.next_steps = {"on a PC, see why the kernel gave up tsc: sudo dmesg | grep -i -e tsc -e clocksource"};
  }
  survey.findings.push_back(std::move(finding));
}

void AddCpuClock(const std::filesystem::path& procfs, const base::Clock& clock, ProcessSurvey& survey) {
  constexpr double kLaggingTickMs = 4;  // at 250 Hz, a thread
  os::ProcessCpuClock cpu(procfs);
  survey.outlook.cpu_clock_is_exact = cpu.exact().ok();
  Finding finding{FindingGroup::kCpu, "process CPU clock", FindingState::kUsed, "exact", {}, {}, {}};
  finding.cost_us = ReadingCostUs([&] { static_cast<void>(cpu.Read()); }, clock);
  if (!cpu.exact().ok()) {
    finding.detail = "lags by up to a tick for each running thread: " + cpu.exact().message();
    finding.step_ms = kLaggingTickMs;
    finding.next_steps = {"leave --path.procfs out, so that the process sees itself in its own /proc"};
  }
  survey.findings.push_back(std::move(finding));
}

void AddMachineCpu(const std::filesystem::path& procfs, const base::Clock& clock, ProcessSurvey& survey) {
  const MachineCpu cpu(procfs);
  const bool is_there = cpu.Read().has_value();
  survey.outlook.cpu_of_others_is_known = is_there;
  Finding finding{FindingGroup::kCpu,
                  "CPU use of others",
                  is_there ? FindingState::kUsed : FindingState::kAbsent,
                  (procfs / "stat").string() + (is_there ? "" : " does not tell"),
                  {},
                  {},
                  {}};
  if (is_there) {
    finding.cost_us = ReadingCostUs([&] { static_cast<void>(cpu.Read()); }, clock);
    finding.step_ms = static_cast<double>(kTick.count());
  }
  survey.findings.push_back(std::move(finding));
}

void AddMemory(const std::filesystem::path& procfs, const base::Clock& clock, ProcessSurvey& survey) {
  const ProcessMemory memory(procfs);
  const auto reading = memory.Read();
  survey.outlook.memory_is_known = reading.has_value();
  survey.outlook.peak_can_be_reset = reading.has_value() && memory.ResetPeak();
  Finding resident{FindingGroup::kMemory, "resident memory", FindingState::kAbsent, "/proc does not tell", {}, {}, {}};
  if (reading) {
    const bool tells_parts = reading->anon_bytes.has_value() && reading->file_bytes.has_value();
    resident.state = FindingState::kUsed;
    resident.detail = tells_parts ? "own pages and file pages apart" : "in one sum only (Linux before 4.5)";
    resident.cost_us = ReadingCostUs([&] { static_cast<void>(memory.Read()); }, clock);
  }
  survey.findings.push_back(std::move(resident));
  Finding peak{FindingGroup::kMemory,
               "peak of one inference",
               FindingState::kUsed,
               "the high-water mark can be reset",
               {},
               {},
               {}};
  if (survey.outlook.peak_can_be_reset) {
    peak.cost_us = ReadingCostUs([&] { static_cast<void>(memory.ResetPeak()); }, clock);
  } else {
    peak.state = FindingState::kAbsent;
    peak.detail = "the kernel resets no high-water mark; peaks are of the process's life";
    peak.next_steps = {"needs a kernel with CONFIG_PROC_PAGE_MONITOR, and a /proc that may be written"};
  }
  survey.findings.push_back(std::move(peak));
}

}  // namespace

ProcessSurvey SurveyProcess(const std::filesystem::path& procfs, const std::filesystem::path& sysfs,
                            const base::Clock& clock) {
  ProcessSurvey survey;
  AddClock(sysfs, clock, survey);
  AddCpuClock(procfs, clock, survey);
  AddMachineCpu(procfs, clock, survey);
  AddMemory(procfs, clock, survey);
  return survey;
}

}  // namespace inferometer::probe
