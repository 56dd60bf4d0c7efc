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
#include "probe/energy.h"
#include "probe/process_cpu.h"
#include "probe/process_memory.h"

namespace inferometer::measure {

// What a recorder takes from outside. All pointers must outlive it.
struct Dependencies {
  const base::Clock* clock;
  Occupancy* occupancy;
  std::string session_id;  // 16 hexadecimal digits
};

// The machine's clock, the process's occupancy, a new random session.
[[nodiscard]] Result<Dependencies> SystemDependencies();

// The probes as they stood at one end of an inference.
struct ProbeReadings {
  std::optional<probe::MemoryReading> memory;
  bool peak_was_reset = false;
  std::chrono::nanoseconds cpu_time{};
  probe::CounterReading energy;
};

// Probes and identity of one recorder. Thread-safe.
class RecorderState {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Recorder>> MakeRecorder(const RecorderOptions& options,
                                                                      Dependencies dependencies);

  // Memory, CPU, energy: the energy stands closest to the inference.
  [[nodiscard]] ProbeReadings ReadBefore();
  [[nodiscard]] ProbeReadings ReadAfter();
  [[nodiscard]] probe::EnergyAnswer EnergyBetween(const ProbeReadings& begin, const ProbeReadings& end,
                                                  std::chrono::nanoseconds duration, bool on_cpu) const;

  // device/session/1, 2, 3, ...: the next one. Only what becomes a record takes one, so that a gap means a loss.
  [[nodiscard]] std::string NextRecordId();
  void CountAbandoned() { ++abandoned_; }

  [[nodiscard]] const base::Clock& clock() const { return *dependencies_.clock; }
  [[nodiscard]] Occupancy& occupancy() const { return *dependencies_.occupancy; }
  [[nodiscard]] const std::string& session_id() const { return dependencies_.session_id; }
  [[nodiscard]] const std::string& device_id() const { return device_id_; }
  [[nodiscard]] const std::optional<probe::MemoryReading>& baseline() const { return baseline_; }
  [[nodiscard]] const probe::ProcessMemory& memory() const { return memory_; }
  [[nodiscard]] const probe::EnergyMeter& energy() const { return energy_; }
  [[nodiscard]] unsigned cpus() const { return cpu_.cpus(); }
  [[nodiscard]] std::uint64_t abandoned() const { return abandoned_; }

 private:
  RecorderState(const RecorderOptions& options, std::string device_id, probe::EnergyMeter energy,
                Dependencies dependencies);

  const Dependencies dependencies_;
  const std::string device_id_;
  const bool reset_peak_;
  probe::ProcessMemory memory_;
  probe::ProcessCpu cpu_;
  probe::EnergyMeter energy_;
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

  RecorderState* const recorder_;
  const ModelIdentity model_;
  const Occupancy::Stay stay_;
  bool ended_ = false;
  Marks marks_;
  WallTime wall_begin_;
  ProbeReadings before_;
  ProbeReadings after_;
  std::chrono::nanoseconds overhead_{};
};

}  // namespace inferometer::measure
