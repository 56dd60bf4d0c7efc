#include "probe/energy/energy.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "probe/energy/battery.h"
#include "probe/energy/external_meter.h"
#include "probe/energy/nvml.h"

namespace inferometer::probe {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr int kOkResolutions = 20;
constexpr double kOkShare = 0.1;
constexpr double kLowShare = 0.5;
// The first token's reading stands inside the inference.
constexpr std::chrono::microseconds kQuick{50};

// A GPU beside what these cover is not in them.
bool LeavesOutTheGpu(const std::string& scope) {
  return scope == "package" || scope == "package+dram" || scope == "module";
}

// The quickest of a few, since the first ones pay for cold caches.
bool IsQuick(EnergySource& source, const base::Clock& clock) {
  auto quickest = std::chrono::nanoseconds::max();
  for (int i = 0; i < 5; ++i) {
    const auto begin = clock.Steady();
    static_cast<void>(source.Read());
    quickest = std::min(quickest, clock.Steady() - begin);
  }
  return quickest < kQuick;
}

}  // namespace

const char* EnergyQuality(const Energy& energy, std::chrono::nanoseconds duration,
                          std::chrono::nanoseconds resolution) {
  const double share = energy.uncertainty_mj / energy.mj;
  if (duration >= kOkResolutions * resolution && share <= kOkShare) return "ok";
  return share <= kLowShare && duration >= resolution ? "low" : "below_resolution";
}

Result<EnergyMeter> EnergyMeter::Make(const EnergyOptions& options) {
  EnergyMeter meter;
  ASSIGN_OR_RETURN(const BoardProfile* board, FindBoard(options.board));
  if (options.choice == EnergyChoice::kNone) {
    meter.not_used_ = {"turned off", "turned off"};
    return meter;
  }
  meter.board_ = board;
  meter.profile_ = options.profile;
  if (options.choice == EnergyChoice::kModel) {
    meter.not_used_ = {"the model was asked for", "the model was asked for"};
    meter.NoteProfile(options.profile_not_used);
    return meter;
  }
  RETURN_IF_ERROR(meter.OpenSources(options.roots));
  if (meter.main_ == nullptr) meter.NoteProfile(options.profile_not_used);
  return meter;
}

Status EnergyMeter::OpenSources(const EnergyRoots& roots) {
  if (!roots.external_meter.empty()) {
    // It was asked for: no other source stands in.
    ASSIGN_OR_RETURN(main_, OpenExternalMeter(roots));
  } else {
    OpenedEnergySource opened = OpenBestEnergySource(roots);
    main_ = std::move(opened.source);
    not_used_ = std::move(opened.not_used);
  }
  if (main_ != nullptr) main_is_quick_ = IsQuick(*main_, *roots.clock);
  if (main_ == nullptr) OpenBatteryIfAny(roots);
  auto gpu = OpenNvml(roots);
  if (gpu.ok()) gpu_ = std::move(gpu).value();
  return Ok();
}

void EnergyMeter::OpenBatteryIfAny(const EnergyRoots& roots) {
  auto battery = OpenBattery(roots);
  if (battery.ok()) {
    battery_ = std::move(battery).value();
  } else if (battery.status().code() != Code::kNotFound) {
    not_used_.for_people += "; battery: " + battery.status().message();
  }
}

void EnergyMeter::NoteProfile(const NotUsed& why) {
  if (why.for_records.empty()) return;
  not_used_.for_records += "; " + why.for_records;
  not_used_.for_people += "; " + why.for_people;
}

EnergyReadings EnergyMeter::Begin() {
  EnergyReadings readings;
  if (gpu_ != nullptr) readings.gpu = gpu_->Begin();
  if (battery_ != nullptr) readings.battery = battery_->Begin();
  if (main_ != nullptr) readings.main = main_->Begin();
  return readings;
}

EnergyReadings EnergyMeter::Read() {
  EnergyReadings readings;
  if (main_ != nullptr) readings.main = main_->Read();
  if (battery_ != nullptr) readings.battery = battery_->Read();
  if (gpu_ != nullptr) readings.gpu = gpu_->Read();
  return readings;
}

std::optional<EnergyReading> EnergyMeter::ReadPhase() {
  if (main_ == nullptr || !main_is_quick_) return std::nullopt;
  return main_->Read();
}

bool EnergyMeter::NeedsSampling() const {
  const auto is_sampled = [](const auto& source) { return source != nullptr && source->facts().is_sampled; };
  return is_sampled(main_) || is_sampled(battery_) || is_sampled(gpu_);
}

void EnergyMeter::Sample() {
  for (EnergySource* source : {main_.get(), battery_.get(), gpu_.get()}) {
    if (source != nullptr && source->facts().is_sampled) source->Sample();
  }
}

void EnergyMeter::AwaitNews(std::chrono::milliseconds at_most) {
  if (main_ != nullptr) main_->AwaitNews(at_most);
}

EnergyAnswer EnergyMeter::Between(const EnergyReadings& begin, const std::optional<EnergyReading>& first_token,
                                  const EnergyReadings& end, const EnergyWindow& window) const {
  EnergyAnswer answer = OfComputer(begin, first_token, end, window);
  if (gpu_ != nullptr) AddGpu(begin, end, window, answer);
  return answer;
}

EnergyAnswer EnergyMeter::OfComputer(const EnergyReadings& begin, const std::optional<EnergyReading>& first_token,
                                     const EnergyReadings& end, const EnergyWindow& window) const {
  std::string reason = not_used_.for_records;
  if (main_ != nullptr) {
    const auto energy = main_->Between(begin.main, end.main, window.duration);
    if (energy.ok()) {
      EnergyAnswer answer = Measured(*main_, *energy, begin.main, end.main, window);
      if (first_token.has_value()) answer.phases = Phases(begin.main, *first_token, end.main, window);
      return answer;
    }
    reason = main_->facts().name + ": " + energy.status().message();
  }
  if (battery_ != nullptr) {
    const auto energy = battery_->Between(begin.battery, end.battery, window.duration);
    if (energy.ok()) return Measured(*battery_, *energy, begin.battery, end.battery, window);
  }
  return Model(window, std::move(reason));
}

EnergyAnswer EnergyMeter::Measured(const EnergySource& source, const Energy& energy, const EnergyReading& begin,
                                   const EnergyReading& end, const EnergyWindow& window) const {
  const EnergySourceFacts& facts = source.facts();
  EnergyAnswer answer;
  answer.energy = energy;
  answer.source = facts.name;
  answer.scope = facts.scope;
  answer.quality = EnergyQuality(energy, window.duration, facts.resolution);
  answer.resolution = facts.resolution;
  const SamplingFacts sampling = source.Sampling(begin, end);
  if (sampling.samples > 0) answer.sampling = sampling;
  answer.unavailable_reason = not_used_.for_records;
  return answer;
}

std::optional<PhaseEnergy> EnergyMeter::Phases(const EnergyReading& begin, const EnergyReading& first_token,
                                               const EnergyReading& end, const EnergyWindow& window) const {
  if (!window.until_first_token.has_value()) return std::nullopt;
  const auto prefill_time = *window.until_first_token;
  const auto decode_time = window.duration - prefill_time;
  const auto prefill = main_->Between(begin, first_token, prefill_time);
  const auto decode = main_->Between(first_token, end, decode_time);
  if (!prefill.ok() || !decode.ok()) return std::nullopt;
  const auto is_resolved = [&](const Energy& energy, std::chrono::nanoseconds duration) {
    return duration >= kOkResolutions * main_->facts().resolution && energy.uncertainty_mj <= kLowShare * energy.mj;
  };
  if (!is_resolved(*prefill, prefill_time) || !is_resolved(*decode, decode_time)) return std::nullopt;
  return PhaseEnergy{*prefill, *decode};
}

void EnergyMeter::AddGpu(const EnergyReadings& begin, const EnergyReadings& end, const EnergyWindow& window,
                         EnergyAnswer& answer) const {
  const auto gpu = gpu_->Between(begin.gpu, end.gpu, window.duration);
  if (!gpu.ok()) {
    if (window.uses_gpu) answer.unavailable_reason = gpu_->facts().name + ": " + gpu.status().message();
    return;
  }
  answer.gpu = *gpu;
  if (!window.uses_gpu) return;
  if (!answer.energy.has_value()) {
    std::string reason = std::move(answer.unavailable_reason);
    answer = Measured(*gpu_, *gpu, begin.gpu, end.gpu, window);
    answer.gpu = *gpu;
    answer.unavailable_reason = std::move(reason);
  } else if (LeavesOutTheGpu(answer.scope)) {
    answer.energy = Energy{answer.energy->mj + gpu->mj, answer.energy->uncertainty_mj + gpu->uncertainty_mj};
    answer.source += "+" + gpu_->facts().name;
    answer.scope += "+gpu";
    answer.resolution = std::max(*answer.resolution, gpu_->facts().resolution);
    answer.quality = EnergyQuality(*answer.energy, window.duration, *answer.resolution);
    answer.phases.reset();
  }
}

EnergyAnswer EnergyMeter::Model(const EnergyWindow& window, std::string reason) const {
  EnergyAnswer answer;
  answer.unavailable_reason = std::move(reason);
  if (board_ == nullptr) return answer;
  if (!window.on_cpu) {
    answer.unavailable_reason += "; the model covers CPUs only";
    return answer;
  }
  answer.quality = kEstimate;
  if (profile_.has_value() && window.until_first_token.has_value()) {
    const Energy prefill = CalibratedEnergy(profile_->prefill, *window.until_first_token);
    const Energy decode = CalibratedEnergy(profile_->decode, window.duration - *window.until_first_token);
    answer.phases = PhaseEnergy{prefill, decode};
    answer.energy = Energy{prefill.mj + decode.mj, prefill.uncertainty_mj + decode.uncertainty_mj};
    answer.source = "model_calibrated";
    answer.scope = profile_->scope;
    return answer;
  }
  const double mj = ModelEnergyMj(*board_, window.duration, window.cpu_time, window.cpus);
  answer.energy = Energy{mj, kModelUncertainty * mj};
  answer.source = "model";
  answer.scope = "board";
  return answer;
}

std::string EnergyMeter::Description() const {
  if (main_ != nullptr) {
    const EnergySourceFacts& facts = main_->facts();
    std::string text = facts.name + ", over " + facts.scope;
    if (!facts.detail.empty()) text += " (" + facts.detail + ")";
    if (gpu_ != nullptr) text += ", and " + gpu_->facts().name + " for the GPU";
    if (!not_used_.for_people.empty()) text += ", because " + not_used_.for_people;
    return text;
  }
  if (board_ == nullptr) return "none (" + not_used_.for_people + ")";
  if (profile_.has_value()) {
    return fmt::format("model calibrated with {} on {} ({:.1f} W prompt, {:.1f} W decoding; +/- {:.0f} %), because {}",
                       profile_->source, profile_->measured_at, profile_->prefill.watts, profile_->decode.watts,
                       100 * kCalibratedUncertainty, not_used_.for_people);
  }
  return fmt::format("model of board '{}', CPUs only ({} W idle, {} W busy; +/- {:.0f} %), because {}", board_->name,
                     board_->idle_watts, board_->busy_watts, 100 * kModelUncertainty, not_used_.for_people);
}

}  // namespace inferometer::probe
