#pragma once
// What was seen of one inference, and the record's figures that follow from it.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "inferometer/record.h"
#include "os/process.h"
#include "probe/energy/energy.h"
#include "probe/heat/heat.h"
#include "probe/machine_cpu.h"
#include "probe/process_memory.h"

namespace inferometer::measure {

// Marks by the caller. Times are of the steady clock.
struct Marks {
  std::chrono::nanoseconds begin{};
  std::optional<std::chrono::nanoseconds> prompt_ready;
  std::optional<std::chrono::nanoseconds> first_token;
  std::optional<std::chrono::nanoseconds> last_token;
  std::chrono::nanoseconds end{};
  std::int64_t tokens = 0;
  std::optional<std::int64_t> prompt_tokens;
  std::optional<std::int64_t> cached_prompt_tokens;
};

struct MemoryWindow {
  std::optional<probe::MemoryReading> baseline;  // before the model
  std::optional<probe::MemoryReading> begin;
  std::optional<probe::MemoryReading> end;
  bool peak_was_reset = false;
};

struct CpuWindow {
  std::chrono::nanoseconds time{};
  unsigned cpus = 1;
  bool exact = true;  // see os::ProcessCpuClock
};

// What else went on, in the process and on the machine.
struct Surroundings {
  std::optional<probe::MachineCpuReading> machine_begin;
  std::optional<probe::MachineCpuReading> machine_end;
  os::ProcessEvents events_begin;
  os::ProcessEvents events_end;
  std::chrono::nanoseconds wall_step{};  // how far the wall clock moved, less how far the steady clock did
};

// Each sets its own members of `record` and leaves empty what cannot be told.
void SetTimes(const Marks& marks, InferenceRecord& record);
// Counts of tokens; rates too if `rates`.
void SetTokens(const Marks& marks, bool rates, InferenceRecord& record);
void SetMemory(const MemoryWindow& memory, InferenceRecord& record);
// REQUIRES: SetTimes came before.
void SetCpu(const CpuWindow& cpu, InferenceRecord& record);
// REQUIRES: SetTimes and SetCpu came before.
void SetSurroundings(const Surroundings& surroundings, unsigned cpus, InferenceRecord& record);
void SetEnergy(const probe::EnergyAnswer& answer, InferenceRecord& record);
void SetHeat(probe::HeatAnswer answer, InferenceRecord& record);
// Everything that makes the record unfit to compare, from its own figures. REQUIRES: the others came before.
void SetFlags(const Surroundings& surroundings, unsigned cpus, InferenceRecord& record);

}  // namespace inferometer::measure
