#pragma once
// A device: messages in, every Nth to the engine, records out.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "device/publisher.h"
#include "device/source.h"
#include "engine/llama_engine.h"
#include "inferometer/recorder.h"
#include "store/metrics_directory.h"
#include "telemetry/prompt_template.h"

namespace inferometer::device {

struct DeviceOptions {
  int interval = 5;                                 // every so many messages one inference
  int save_every_messages = 50;                     // so many messages from save to save
  std::optional<std::uint64_t> most_messages = {};  // then it ends
  engine::AnswerOptions answer = {};
};

// What happened, for whoever watches. Called on the device's thread, between inferences, never within one.
struct DeviceEvents {
  std::function<void(std::uint64_t message, const engine::Answer& answer)> on_answer;
  std::function<void(const store::SavedFile& saved)> on_saved;
  std::function<void(const std::string& problem)> on_problem;
};

struct DeviceCounts {
  std::uint64_t messages = 0;
  std::uint64_t inferences = 0;  // records, the failed ones too
  std::uint64_t failed = 0;
  std::uint64_t saves = 0;
  std::uint64_t unsaved = 0;  // records that could not be saved at the end
  std::uint64_t dropped = 0;  // records that were dropped because saving failed for long
};

// The parts must outlive the device. One thread.
class Device {
 public:
  struct Parts {
    Source& source;
    store::MetricsDirectory& directory;
    Recorder& recorder;
    engine::LlamaEngine* engine;  // null: messages are counted only
    Publisher* publisher;         // null: no broker
    const Inbox& inbox;
    const telemetry::PromptTemplate& prompt;
  };
  Device(DeviceOptions options, Parts parts, DeviceEvents events);

  // Until the end of the input, `most_messages`, or `stop`, which also cancels the inference that runs: that one
  // becomes a failed record. Then saves what is not saved. Nothing on the network's side, and no failing save, ends or
  // delays it; only the input does: its error is returned, after the save.
  [[nodiscard]] Status Run(const std::stop_token& stop);

  [[nodiscard]] const DeviceCounts& counts() const { return counts_; }

 private:
  [[nodiscard]] Status TakeMessages(const std::stop_token& stop);
  void Infer(const telemetry::SensorMessage& message, const std::stop_token& stop);
  void Save();

  DeviceOptions options_;
  Parts parts_;
  DeviceEvents events_;
  DeviceCounts counts_;
};

}  // namespace inferometer::device
