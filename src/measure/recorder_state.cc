#include "measure/recorder_state.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "base/device_id.h"
#include "os/machine.h"
#include "os/process.h"
#include "record/fields.h"

namespace inferometer::measure {
namespace {

// An NVIDIA GPU, alone or with the CPUs.
bool UsesGpu(const std::string& compute_device) { return compute_device.find("cuda") != std::string::npos; }

// A profile of another machine is not used, and says so; any other trouble with it is an error where it must be
// readable.
Status TakeProfile(const RecorderOptions& options, probe::EnergyOptions& energy) {
  if (options.power_profile.empty() || options.energy == EnergyChoice::kNone) return Ok();
  auto read = probe::ReadPowerProfile(options.power_profile);
  if (!read.ok()) {
    if (options.power_profile_must_be_readable) return read.status();
    energy.profile_not_used = {"power profile unusable", read.status().message()};
    return Ok();
  }
  const std::string machine = probe::MachineNameOf(os::DescribeMachine(options.procfs, options.sysfs));
  const Status is_ours = probe::CheckIsOfMachine(*read, machine);
  if (is_ours.ok()) {
    energy.profile = std::move(read).value();
  } else {
    energy.profile_not_used = {"power profile of another machine", options.power_profile + ": " + is_ours.message()};
  }
  return Ok();
}

}  // namespace

Result<probe::EnergyMeter> MakeMeter(const RecorderOptions& options, const base::Clock* clock) {
  const double meter_percent = options.external_meter_uncertainty_percent;
  if (!(meter_percent > 0 && meter_percent <= 100)) {
    return {Code::kInvalidArgument, fmt::format("a meter's uncertainty of {} % cannot be", meter_percent)};
  }
  probe::EnergyOptions energy;
  energy.choice = options.energy;
  energy.board = options.board;
  energy.roots.sysfs = options.sysfs;
  energy.roots.clock = clock;
  energy.roots.external_meter = options.external_meter;
  energy.roots.external_relative_uncertainty = meter_percent / 100;
  RETURN_IF_ERROR(TakeProfile(options, energy));
  return probe::EnergyMeter::Make(energy);
}

probe::HeatRoots MakeHeatRoots(const RecorderOptions& options, const base::Clock* clock) {
  probe::HeatRoots roots;
  roots.sysfs = options.sysfs;
  roots.clock = clock;
  return roots;
}

std::unique_ptr<probe::Sampler> MakeSampler(probe::EnergyMeter& energy, probe::Heat& heat) {
  std::vector<probe::SampledTask> tasks;
  if (energy.NeedsSampling()) tasks.push_back({[&energy] { energy.Sample(); }});
  if (heat.NeedsSampling()) tasks.push_back({[&heat] { heat.Sample(); }, probe::kHeatPlan.interval});
  if (tasks.empty()) return nullptr;
  const probe::SamplingPlan& plan = energy.NeedsSampling() ? probe::kPowerPlan : probe::kHeatPlan;
  return std::make_unique<probe::Sampler>(std::move(tasks), plan);
}

Result<Dependencies> SystemDependencies() {
  static const base::SystemClock clock;
  ASSIGN_OR_RETURN(const std::uint64_t session, os::RandomBits());
  return Dependencies{&clock, &Occupancy::OfProcess(), fmt::format("{:016x}", session), nullptr};
}

Result<std::unique_ptr<Recorder>> RecorderState::MakeRecorder(const RecorderOptions& options,
                                                              Dependencies dependencies) {
  ASSIGN_OR_RETURN(std::string device_id, base::CanonicalDeviceId(options.device_id));
  ASSIGN_OR_RETURN(probe::EnergyMeter energy, MakeMeter(options, dependencies.clock));
  std::unique_ptr<RecorderState> state(
      new RecorderState(options, std::move(device_id), std::move(energy), std::move(dependencies)));
  return std::unique_ptr<Recorder>(new Recorder(std::move(state)));
}

RecorderState::RecorderState(const RecorderOptions& options, std::string device_id, probe::EnergyMeter energy,
                             Dependencies dependencies)
    : dependencies_(std::move(dependencies)),
      device_id_(std::move(device_id)),
      reset_peak_(options.reset_peak),
      memory_(options.procfs),
      cpu_(options.procfs),
      machine_cpu_(options.procfs),
      heat_(MakeHeatRoots(options, dependencies_.clock)),
      energy_(std::move(energy)),
      sampler_(MakeSampler(energy_, heat_)),
      baseline_(memory_.Read()) {}

ProbeReadings RecorderState::ReadBefore() {
  ProbeReadings readings;
  // An inference that is under way loses its peak here; it is "concurrent" and will not report one.
  readings.peak_was_reset = reset_peak_ && memory_.ResetPeak();
  readings.memory = memory_.Read();
  readings.machine_cpu = machine_cpu_.Read();
  readings.events = os::OwnEvents();
  if (sampler_ != nullptr) readings.sampler_cpu_time = sampler_->CpuTime();
  readings.heat = heat_.Begin();
  readings.cpu_time = cpu_.Read();
  readings.energy = energy_.Begin();
  if (sampler_ != nullptr) sampler_->Open();
  return readings;
}

ProbeReadings RecorderState::ReadAfter() {
  ProbeReadings readings;
  readings.energy = energy_.Read();
  readings.cpu_time = cpu_.Read();
  readings.machine_cpu = machine_cpu_.Read();
  readings.events = os::OwnEvents();
  readings.heat = heat_.Read();
  readings.memory = memory_.Read();
  if (sampler_ != nullptr) {
    sampler_->Close();
    readings.sampler_cpu_time = sampler_->CpuTime();
  }
  return readings;
}

void RecorderState::Abandon() {
  if (sampler_ != nullptr) sampler_->Close();
  ++abandoned_;
}

std::string RecorderState::NextRecordId() { return fmt::format("{}/{}/{}", device_id_, session_id(), ++sequence_); }

InferenceState::InferenceState(RecorderState* recorder, ModelIdentity model)
    : recorder_(recorder), model_(std::move(model)), stay_(recorder->occupancy().Enter()) {
  const base::Clock& clock = recorder_->clock();
  const auto reading_since = clock.Steady();
  wall_begin_ = recorder_->timestamps().Wall();
  steady_at_wall_begin_ = reading_since;
  before_ = recorder_->ReadBefore();
  marks_.begin = clock.Steady();
  overhead_ = marks_.begin - reading_since;
}

InferenceState::~InferenceState() {
  if (ended_) return;
  static_cast<void>(recorder_->occupancy().LeaveAlone(stay_));
  recorder_->Abandon();
}

void InferenceState::PromptReady(std::int64_t prompt_tokens, std::optional<std::int64_t> cached_prompt_tokens) {
  if (!marks_.first_token.has_value()) marks_.prompt_ready = recorder_->clock().Steady();
  if (prompt_tokens < 0 || cached_prompt_tokens.value_or(0) < 0 || cached_prompt_tokens.value_or(0) > prompt_tokens)
    return;
  marks_.prompt_tokens = prompt_tokens;
  marks_.cached_prompt_tokens = cached_prompt_tokens;
}

void InferenceState::Token() {
  const auto now = recorder_->clock().Steady();
  if (!marks_.first_token.has_value()) {
    marks_.first_token = now;
    first_token_energy_ = recorder_->ReadPhaseEnergy();
  }
  marks_.last_token = now;
  ++marks_.tokens;
}

InferenceRecord InferenceState::End(std::string finish_reason) {
  InferenceRecord record = Close(marks_.tokens == 0 ? std::optional<std::string>("empty_output") : std::nullopt);
  if (!finish_reason.empty()) record.finish_reason = std::move(finish_reason);
  return record;
}

InferenceRecord InferenceState::Fail(std::string error_type) { return Close(std::move(error_type)); }

InferenceRecord InferenceState::Close(std::optional<std::string> error_type) {
  assert(!ended_);
  const base::Clock& clock = recorder_->clock();
  marks_.end = clock.Steady();
  after_ = recorder_->ReadAfter();
  wall_step_ = (recorder_->timestamps().Wall() - wall_begin_) - (clock.Steady() - steady_at_wall_begin_);
  overhead_ += clock.Steady() - marks_.end;
  const bool alone = recorder_->occupancy().LeaveAlone(stay_);
  ended_ = true;

  InferenceRecord record;
  SetIdentity(record);
  SetTimes(marks_, record);
  SetTokens(marks_, !error_type.has_value(), record);
  if (alone) {
    SetProcessFigures(record);
  } else {
    record.flags.emplace_back("concurrent");
    record.energy_unavailable_reason = "concurrent inferences";
  }
  record.probe_overhead_us = std::chrono::duration<double, std::micro>(overhead_).count();
  record.status = error_type.has_value() ? kStatusError : kStatusOk;
  record.error_type = std::move(error_type);
  record::RoundAsWritten(record);
  return record;
}

void InferenceState::SetIdentity(InferenceRecord& record) {
  record.timestamp = wall_begin_;
  record.record_id = recorder_->NextRecordId();
  record.device_id = recorder_->device_id();
  record.model_name = model_.model_name;
  record.compute_device = model_.compute_device;
}

void InferenceState::SetProcessFigures(InferenceRecord& record) const {
  const unsigned cpus = recorder_->cpus();
  const Surroundings surroundings{before_.machine_cpu, after_.machine_cpu, before_.events, after_.events, wall_step_};
  SetMemory({recorder_->baseline(), before_.memory, after_.memory, before_.peak_was_reset}, record);
  SetCpu({after_.cpu_time - before_.cpu_time, cpus, recorder_->cpu_is_exact()}, record);
  SetSurroundings(surroundings, cpus, record);
  SetEnergyFigures(record);
  SetHeat(recorder_->heat().Between(before_.heat, after_.heat), record);
  SetFlags(surroundings, cpus, record);
  if (recorder_->has_sampler()) {
    const auto sampler_cpu_time = after_.sampler_cpu_time - before_.sampler_cpu_time;
    record.sampler_cpu_us = std::chrono::duration<double, std::micro>(sampler_cpu_time).count();
  }
}

void InferenceState::SetEnergyFigures(InferenceRecord& record) const {
  probe::EnergyWindow window{};
  window.duration = marks_.end - marks_.begin;
  window.cpu_time = after_.cpu_time - before_.cpu_time;
  window.cpus = recorder_->cpus();
  window.on_cpu = model_.compute_device == kCpu;
  window.uses_gpu = UsesGpu(model_.compute_device);
  if (marks_.first_token.has_value()) window.until_first_token = *marks_.first_token - marks_.begin;
  SetEnergy(recorder_->energy().Between(before_.energy, first_token_energy_, after_.energy, window), record);
}

}  // namespace inferometer::measure
