#pragma once
// The parts behind inferometer::Recorder and inferometer::Inference.

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/clock.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "measure/observation.h"
#include "measure/occupancy.h"
#include "probe/energy/energy.h"
#include "probe/heat/heat.h"
#include "probe/machine_cpu.h"
#include "probe/process_cpu.h"
#include "probe/process_memory.h"
#include "probe/sampler.h"

namespace inferometer::measure {

// What a recorder takes from outside. All pointers must outlive it.
struct Dependencies {
  const base::Clock* clock;
  Occupancy* occupancy;
  std::string session_id;  // 16 hexadecimal digits
  // Of the records' timestamps; null: `clock`, whose wall time the probes go by, since meters of this machine do.
  const base::Clock* timestamps = nullptr;
};

// The machine's clock, the process's occupancy, a new random session.
[[nodiscard]] Result<Dependencies> SystemDependencies();

// Opens the best source of energy that the options allow. `clock` must outlive it.
[[nodiscard]] Result<probe::EnergyMeter> MakeMeter(const RecorderOptions& options, const base::Clock* clock);
[[nodiscard]] probe::HeatRoots MakeHeatRoots(const RecorderOptions& options, const base::Clock* clock);

// Null where neither must be sampled. Both must outlive it.
[[nodiscard]] std::unique_ptr<probe::Sampler> MakeSampler(probe::EnergyMeter& energy, probe::Heat& heat);

// The probes as they stood at one end of an inference.
struct ProbeReadings {
  std::optional<probe::MemoryReading> memory;
  bool peak_was_reset = false;
  std::chrono::nanoseconds cpu_time{};
  std::optional<probe::MachineCpuReading> machine_cpu;
  os::ProcessEvents events;
  std::chrono::nanoseconds sampler_cpu_time{};
  probe::HeatReading heat;
  probe::EnergyReadings energy;
};

// Probes and identity of one recorder. Thread-safe.
class RecorderState {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> MakeRecorder(const RecorderOptions& options,
                                                                      Dependencies dependencies);

  // The energy stands closest to the inference. Between the two, gauges are sampled; each ReadBefore is followed by one
  // ReadAfter or one Abandon.
  [[nodiscard]] ProbeReadings ReadBefore();
  [[nodiscard]] ProbeReadings ReadAfter();
  void Abandon();
  [[nodiscard]] std::optional<probe::EnergyReading> ReadPhaseEnergy() { return energy_.ReadPhase(); }

  // device/session/1, 2, 3, ...: the next one. Only what becomes a record takes one, so that a gap means a loss.
  [[nodiscard]] std::string NextRecordId();

  [[nodiscard]] const base::Clock& clock() const { return *dependencies_.clock; }
  [[nodiscard]] const base::Clock& timestamps() const {
    return dependencies_.timestamps == nullptr ? clock() : *dependencies_.timestamps;
  }
  [[nodiscard]] Occupancy& occupancy() const { return *dependencies_.occupancy; }
  [[nodiscard]] const std::string& session_id() const { return dependencies_.session_id; }
  [[nodiscard]] const std::string& device_id() const { return device_id_; }
  [[nodiscard]] const std::optional<probe::MemoryReading>& baseline() const { return baseline_; }
  [[nodiscard]] const probe::ProcessMemory& memory() const { return memory_; }
  [[nodiscard]] const probe::EnergyMeter& energy() const { return energy_; }
  [[nodiscard]] const probe::Heat& heat() const { return heat_; }
  [[nodiscard]] unsigned cpus() const { return cpu_.cpus(); }
  [[nodiscard]] bool cpu_is_exact() const { return cpu_.exact().ok(); }
  [[nodiscard]] bool has_sampler() const { return sampler_ != nullptr; }
  [[nodiscard]] std::uint64_t abandoned() const { return abandoned_; }

 private:
  RecorderState(const RecorderOptions& options, std::string device_id, probe::EnergyMeter energy,
                Dependencies dependencies);

  const Dependencies dependencies_;
  const std::string device_id_;
  const bool reset_peak_;
  probe::ProcessMemory memory_;
  probe::ProcessCpu cpu_;
  const probe::MachineCpu machine_cpu_;
  probe::Heat heat_;
  probe::EnergyMeter energy_;
  std::unique_ptr<probe::Sampler> sampler_;  // null where nothing must be sampled; goes before what it samples
  const std::optional<probe::MemoryReading> baseline_;  // at construction, before the model
  std::atomic<std::uint64_t> sequence_ = 0;
  std::atomic<std::uint64_t> abandoned_ = 0;
};

// One inference under way. One thread at a time.
class InferenceState {
 public:
  // Reads the probes; the inference begins as this returns. `recorder` must outlive it.
  InferenceState(RecorderState* recorder, ModelIdentity model);
  ~InferenceState();
  InferenceState(const InferenceState&) = delete;
  InferenceState& operator=(const InferenceState&) = delete;

  void PromptReady(std::int64_t prompt_tokens, std::optional<std::int64_t> cached_prompt_tokens);
  void Token();
  // At most one of these, once.
  [[nodiscard]] InferenceRecord End(std::string finish_reason);
  [[nodiscard]] InferenceRecord Fail(std::string error_type);

 private:
  [[nodiscard]] InferenceRecord Close(std::optional<std::string> error_type);
  void SetIdentity(InferenceRecord& record);
  void SetProcessFigures(InferenceRecord& record) const;
  void SetEnergyFigures(InferenceRecord& record) const;

  RecorderState* const recorder_;
  const ModelIdentity model_;
  const Occupancy::Stay stay_;
  bool ended_ = false;
  Marks marks_;
  WallTime wall_begin_;
  std::optional<probe::EnergyReading> first_token_energy_;
  std::chrono::nanoseconds steady_at_wall_begin_{};
  std::chrono::nanoseconds wall_step_{};
  ProbeReadings before_;
  ProbeReadings after_;
  std::chrono::nanoseconds overhead_{};
};

}  // namespace inferometer::measure
