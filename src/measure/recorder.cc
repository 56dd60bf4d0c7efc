#include "inferometer/recorder.h"

#include <utility>

#include "base/units.h"
#include "measure/recorder_state.h"

namespace inferometer {
namespace {

std::optional<double> ResidentMb(const std::optional<probe::MemoryReading>& reading) {
  if (!reading.has_value()) return std::nullopt;
  return base::Mb(reading->resident_bytes);
}

}  // namespace

Inference::Inference(std::unique_ptr<measure::InferenceState> state) : state_(std::move(state)) {}
Inference::Inference(Inference&&) noexcept = default;
Inference& Inference::operator=(Inference&&) noexcept = default;
Inference::~Inference() = default;

void Inference::PromptReady(std::int64_t prompt_tokens, std::optional<std::int64_t> cached_prompt_tokens) {
  state_->PromptReady(prompt_tokens, cached_prompt_tokens);
}
void Inference::Token() { state_->Token(); }

InferenceRecord Inference::End(std::string finish_reason) { return state_->End(std::move(finish_reason)); }
InferenceRecord Inference::Fail(std::string error_type) { return state_->Fail(std::move(error_type)); }

Result<std::unique_ptr<Recorder>> Recorder::Create(const RecorderOptions& options) {
  ASSIGN_OR_RETURN(measure::Dependencies dependencies, measure::SystemDependencies());
  return measure::RecorderState::MakeRecorder(options, std::move(dependencies));
}

Recorder::Recorder(std::unique_ptr<measure::RecorderState> state) : state_(std::move(state)) {}
Recorder::~Recorder() = default;

Inference Recorder::Begin(const ModelIdentity& model) {
  return Inference(std::make_unique<measure::InferenceState>(state_.get(), model));
}

std::optional<double> Recorder::ResidentMemoryMb() const { return ResidentMb(state_->memory().Read()); }
std::optional<double> Recorder::BaselineMemoryMb() const { return ResidentMb(state_->baseline()); }
const std::string& Recorder::session_id() const { return state_->session_id(); }
std::string Recorder::EnergyDescription() const { return state_->energy().Description(); }
std::uint64_t Recorder::abandoned() const { return state_->abandoned(); }

}  // namespace inferometer
