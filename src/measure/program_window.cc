#include "measure/program_window.h"

#include <algorithm>
#include <utility>

#include "base/units.h"
#include "measure/observation.h"
#include "measure/recorder_state.h"
#include "os/process.h"
#include "record/fields.h"

namespace inferometer::measure {
namespace {

using std::chrono::nanoseconds;

constexpr int kLeastRest = 500;  // times the CPU time that a look at the tree took
// A short program has its few looks, a long one is not kept from its work.
constexpr probe::SamplingPlan kTreePlan{std::chrono::milliseconds(25), std::chrono::milliseconds(1000),
                                        std::chrono::milliseconds(100)};
// A meter that sends by itself does so once a second or more often.
constexpr std::chrono::milliseconds kMeterNews{1500};
// A hundredth of the window is what the last look at a process before its end may have missed.
constexpr int kSeenEnough = 100;
constexpr std::size_t kMostCommandBytes = 1000;

std::string Quoted(const std::string& word) {
  constexpr const char* kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=./,:@%";
  if (!word.empty() && word.find_first_not_of(kPlain) == std::string::npos) return word;
  std::string text = "'";
  for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return text + "'";
}

std::unique_ptr<probe::Sampler> SampleTree(TreeWatch& watch) {
  std::vector<probe::SampledTask> tasks = {{[&watch] { watch.Sample(); }}};
  return std::make_unique<probe::Sampler>(std::move(tasks), kTreePlan);
}

void SetOutcome(const ProgramResult& result, const std::optional<int>& signal, InferenceRecord& record) {
  record.exit_code = result.exit_code;
  record.status = result.exit_code == 0 ? kStatusOk : kStatusError;
  if (result.exit_code == 0) return;
  record.error_type = result.not_started.has_value() ? "not_started" : signal.has_value() ? "signal" : "exit_code";
}

}  // namespace

std::string CommandLine(const std::vector<std::string>& command) {
  std::string text;
  for (const std::string& word : command) {
    if (text.size() > kMostCommandBytes) break;
    if (!text.empty()) text += ' ';
    text += Quoted(word.substr(0, kMostCommandBytes));
  }
  if (text.size() > kMostCommandBytes) text = text.substr(0, kMostCommandBytes) + "...";
  return text;
}

void TreeWatch::Sample() {
  const nanoseconds now = clock_.Steady();
  if (now < next_) return;
  const nanoseconds cpu_before = os::ThreadCpuTime();
  static_cast<void>(Read());
  next_ = now + kLeastRest * (os::ThreadCpuTime() - cpu_before);
}

std::optional<probe::TreeReading> TreeWatch::Read() {
  const std::lock_guard lock(mutex_);
  auto reading = tree_.Read();
  if (!reading.has_value()) return std::nullopt;
  most_processes_ = std::max(most_processes_, reading->processes);
  most_bytes_ = std::max(most_bytes_, reading->resident_bytes);
  last_ = reading;
  last_at_ = clock_.Steady();
  return reading;
}

// What is seen of the machine from begin to end.
struct ProgramMeter::Window {
  WallTime wall_begin{};
  nanoseconds steady_at_wall_begin{};
  nanoseconds wall_step{};
  Surroundings surroundings;
  probe::HeatReading heat_begin;
  probe::HeatReading heat_end;
  probe::EnergyReadings energy_begin;
  probe::EnergyReadings energy_end;
  // Of the program.
  Marks marks;
  std::optional<nanoseconds> cpu_time;
  std::string cpu_source;
};

Result<std::unique_ptr<ProgramMeter>> ProgramMeter::Make(const RecorderOptions& options, const base::Clock& clock) {
  ASSIGN_OR_RETURN(probe::EnergyMeter energy, MakeMeter(options, &clock));
  return std::unique_ptr<ProgramMeter>(new ProgramMeter(options, std::move(energy), clock));
}

ProgramMeter::ProgramMeter(const RecorderOptions& options, probe::EnergyMeter energy, const base::Clock& clock)
    : procfs_(options.procfs),
      clock_(clock),
      cpus_(os::OnlineCpus()),
      machine_cpu_(options.procfs),
      heat_(MakeHeatRoots(options, &clock)),
      energy_(std::move(energy)),
      sampler_(MakeSampler(energy_, heat_)) {}

void ProgramMeter::Open(Window& window) {
  window.wall_begin = clock_.Wall();
  window.steady_at_wall_begin = clock_.Steady();
  window.surroundings.machine_begin = machine_cpu_.Read();
  window.heat_begin = heat_.Begin();
  window.energy_begin = energy_.Begin();
  if (sampler_ != nullptr) sampler_->Open();
}

void ProgramMeter::Close(Window& window) {
  window.energy_end = energy_.Read();
  window.heat_end = heat_.Read();
  window.surroundings.machine_end = machine_cpu_.Read();
  if (sampler_ != nullptr) sampler_->Close();
  energy_.AwaitNews(kMeterNews);  // returns at once but for a meter that sends by itself
  window.surroundings.wall_step = (clock_.Wall() - window.wall_begin) - (clock_.Steady() - window.steady_at_wall_begin);
}

void ProgramMeter::SetFigures(const Window& window, InferenceRecord& record) const {
  record.timestamp = window.wall_begin;
  SetTimes(window.marks, record);
  if (window.cpu_time.has_value()) {
    SetCpu({*window.cpu_time, cpus_}, record);
    record.cpu_source = window.cpu_source;
    SetSurroundings(window.surroundings, cpus_, record);
  }
  probe::EnergyWindow energy{};
  energy.duration = window.marks.end - window.marks.begin;
  energy.cpu_time = window.cpu_time.value_or(nanoseconds());
  energy.cpus = cpus_;
  energy.on_cpu = window.cpu_time.has_value();
  energy.uses_gpu = true;  // where there is one: nobody says what a program uses
  SetEnergy(energy_.Between(window.energy_begin, std::nullopt, window.energy_end, energy), record);
  SetHeat(heat_.Between(window.heat_begin, window.heat_end), record);
  SetFlags(window.surroundings, cpus_, record);
}

void ProgramMeter::SetRunFigures(const os::ProgramEnd& end, const std::optional<probe::TreeReading>& left,
                                 const TreeWatch* seen, Window& window, InferenceRecord& record) const {
  const bool some_left = left.has_value() && left->processes > 0;
  window.marks.begin = end.begin;
  window.marks.end = end.end;
  window.cpu_time = end.cpu_time;
  window.cpu_source = "rusage";
  window.surroundings.events_end = {end.major_faults, end.involuntary_switches};
  if (some_left) {
    *window.cpu_time += left->cpu_time;
    window.cpu_source = "process_clock_ticks";
    window.surroundings.events_end.major_faults += static_cast<std::int64_t>(left->major_faults);
  }
  SetFigures(window, record);
  record.memory_peak_mb = base::Mb(end.peak_bytes);
  record.memory_peak_source = "ru_maxrss";
  if (seen == nullptr) return;
  record.processes = static_cast<std::int64_t>(std::max<std::size_t>(1, seen->most_processes()));
  if ((*record.processes > 1 || some_left) && seen->most_bytes() > end.peak_bytes) {
    record.memory_peak_mb = base::Mb(seen->most_bytes());
    record.memory_peak_source = "sampled_sum";
  }
}

std::unique_ptr<TreeWatch> ProgramMeter::WatchBelow(pid_t launcher) const {
  if (!os::CheckNumbersAreOurs(procfs_).ok()) return nullptr;
  auto tree = probe::ProcessTree::Of(procfs_, launcher);
  if (!tree.ok()) return nullptr;
  tree->LeaveOutRoot();
  return std::make_unique<TreeWatch>(std::move(*tree), clock_);
}

Result<ProgramResult> ProgramMeter::Run(const std::vector<std::string>& command) {
  ASSIGN_OR_RETURN(const auto child, os::ChildProgram::Prepare(command));
  const std::unique_ptr<TreeWatch> seen = WatchBelow(child->launcher());
  std::unique_ptr<probe::Sampler> tree_sampler = seen != nullptr ? SampleTree(*seen) : nullptr;
  Window window;
  Open(window);
  if (tree_sampler != nullptr) tree_sampler->Open();
  const Status go = child->Go();
  auto end = go.ok() ? child->Wait() : Result<os::ProgramEnd>(go);
  Close(window);
  const auto left = seen != nullptr ? seen->Read() : std::nullopt;
  tree_sampler.reset();
  if (!end.ok()) return end.status();

  ProgramResult result;
  result.exit_code = end->exit_code;
  result.not_started = end->not_started;
  if (left.has_value()) result.left_running = left->processes;
  InferenceRecord& record = result.record;
  record.timestamp = window.wall_begin;
  record.command = CommandLine(command);
  SetOutcome(result, end->signal, record);
  if (!result.not_started.has_value()) SetRunFigures(*end, left, seen.get(), window, record);
  record::RoundAsWritten(record);
  return result;
}

void ProgramMeter::SetDifference(const probe::TreeReading& begin, const probe::TreeReading& end, Window& window) {
  if (end.cpu_time < begin.cpu_time) return;  // of processes that nobody of the tree waited for
  window.cpu_time = end.cpu_time - begin.cpu_time;
  window.cpu_source = "process_clock_ticks";
  if (end.major_faults < begin.major_faults) return;
  window.surroundings.events_end.major_faults = static_cast<std::int64_t>(end.major_faults - begin.major_faults);
}

Result<InferenceRecord> ProgramMeter::Watch(pid_t pid, const os::Doorbell& bell, nanoseconds at_most) {
  ASSIGN_OR_RETURN(const auto process, os::ProcessWatch::Of(pid));
  ASSIGN_OR_RETURN(auto tree, probe::ProcessTree::Of(procfs_, pid));
  TreeWatch seen(std::move(tree), clock_);
  auto sampler = SampleTree(seen);
  Window window;
  Open(window);
  const auto begin = seen.Read();
  if (!begin.has_value()) return {Code::kNotFound, "process " + std::to_string(pid) + " has just ended"};
  window.marks.begin = clock_.Steady();
  sampler->Open();
  static_cast<void>(process.Wait(bell, at_most));
  window.marks.end = clock_.Steady();
  // Before the energy: a process that has ended keeps its clock only until its parent asks for it.
  const auto at_end = seen.Read();
  Close(window);
  sampler.reset();

  InferenceRecord record;
  if (at_end.has_value() ||
      window.marks.end - seen.last_at() <= (window.marks.end - window.marks.begin) / kSeenEnough) {
    SetDifference(*begin, *seen.last(), window);
  }
  record.command = "--pid " + std::to_string(pid);
  record.status = kStatusOk;
  SetFigures(window, record);
  record.ctx_switches_involuntary.reset();  // another's are not told for all threads
  record.processes = static_cast<std::int64_t>(seen.most_processes());
  record.memory_peak_mb = base::Mb(seen.most_bytes());
  record.memory_peak_source = "sampled_sum";
  record::RoundAsWritten(record);
  return record;
}

}  // namespace inferometer::measure
