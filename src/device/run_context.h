#pragma once
// What does not change within a run, as it stands in every file that the run writes.

#include <optional>
#include <string>

#include "base/clock.h"
#include "engine/llama_engine.h"
#include "inferometer/record.h"
#include "os/machine.h"
#include "store/context.h"

namespace inferometer::device {

struct RunFacts {
  os::Machine machine;
  std::string device_name;
  std::string session_id;
  std::string program_version;
  std::optional<std::string> power_mode{};  // see probe::ReadPowerMode
  std::string energy;                       // Recorder::EnergyDescription
  std::string power_profile;                // the board whose profile the energy model uses
  std::string experiment;                   // empty: none
  int interval = 0;                         // every so many messages one inference
};

// `model` is null when no model is loaded.
[[nodiscard]] store::Context RunContext(const RunFacts& facts, const engine::ModelFacts* model,
                                        const engine::AnswerOptions& answer);

// The content of loading_metrics.json.
[[nodiscard]] store::Context LoadingContext(const engine::ModelFacts& model, const std::string& device_id,
                                            WallTime timestamp);

}  // namespace inferometer::device
