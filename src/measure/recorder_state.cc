#include "measure/recorder_state.h"

#include <fmt/format.h>

#include <cassert>
#include <utility>

#include "base/device_id.h"
#include "os/process.h"
#include "record/fields.h"

namespace inferometer::measure {

Result<Dependencies> SystemDependencies() {
  static const base::SystemClock clock;
  ASSIGN_OR_RETURN(const std::uint64_t session, os::RandomBits());
  return Dependencies{&clock, &Occupancy::OfProcess(), fmt::format("{:016x}", session)};
}

Result<std::unique_ptr<Recorder>> RecorderState::MakeRecorder(const RecorderOptions& options,
                                                              Dependencies dependencies) {
  ASSIGN_OR_RETURN(std::string device_id, base::CanonicalDeviceId(options.device_id));
  probe::EnergyOptions energy_options{options.energy, options.board, {}};
  energy_options.rapl.sysfs = options.sysfs;
  energy_options.rapl.clock = dependencies.clock;
  ASSIGN_OR_RETURN(probe::EnergyMeter energy, probe::EnergyMeter::Make(energy_options));
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
      energy_(std::move(energy)),
      baseline_(memory_.Read()) {}

ProbeReadings RecorderState::ReadBefore() {
  ProbeReadings readings;
  // An inference that is under way loses its peak here; it is "concurrent" and will not report one.
  readings.peak_was_reset = reset_peak_ && memory_.ResetPeak();
  readings.memory = memory_.Read();
  readings.cpu_time = cpu_.Read();
  readings.energy = energy_.Read();
  return readings;
}

ProbeReadings RecorderState::ReadAfter() {
  ProbeReadings readings;
  readings.energy = energy_.Read();
  readings.cpu_time = cpu_.Read();
  readings.memory = memory_.Read();
  return readings;
}

probe::EnergyAnswer RecorderState::EnergyBetween(const ProbeReadings& begin, const ProbeReadings& end,
                                                 std::chrono::nanoseconds duration, bool on_cpu) const {
  return energy_.Between(begin.energy, end.energy, {duration, end.cpu_time - begin.cpu_time, cpu_.cpus(), on_cpu});
}

std::string RecorderState::NextRecordId() { return fmt::format("{}/{}/{}", device_id_, session_id(), ++sequence_); }

InferenceState::InferenceState(RecorderState* recorder, ModelIdentity model)
    : recorder_(recorder), model_(std::move(model)), stay_(recorder->occupancy().Enter()) {
  const base::Clock& clock = recorder_->clock();
  const auto reading_since = clock.Steady();
  wall_begin_ = clock.Wall();
  before_ = recorder_->ReadBefore();
  marks_.begin = clock.Steady();
  overhead_ = marks_.begin - reading_since;
}

InferenceState::~InferenceState() {
  if (ended_) return;
  static_cast<void>(recorder_->occupancy().LeaveAlone(stay_));
  recorder_->CountAbandoned();
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
  if (!marks_.first_token.has_value()) marks_.first_token = now;
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
  SetMemory({recorder_->baseline(), before_.memory, after_.memory, before_.peak_was_reset}, record);
  SetCpu({after_.cpu_time - before_.cpu_time, recorder_->cpus()}, record);
  SetEnergy(recorder_->EnergyBetween(before_, after_, marks_.end - marks_.begin, model_.compute_device == kCpu),
            record);
}

}  // namespace inferometer::measure
