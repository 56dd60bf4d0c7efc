#pragma once
// A device: messages in, every Nth to the engine, records out.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "device/keeper.h"
#include "device/publisher.h"
#include "device/source.h"
#include "engine/llama_engine.h"
#include "inferometer/recorder.h"
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
};

struct DeviceCounts {
  std::uint64_t messages = 0;
  std::uint64_t inferences = 0;  // records, the failed ones too
  std::uint64_t failed = 0;
};

// The parts must outlive the device. One thread.
class Device {
 public:
  struct Parts {
    Source& source;
    Keeper& keeper;
    Recorder& recorder;
    engine::LlamaEngine* engine;  // null: messages are counted only
    Publisher* publisher;         // null: no broker
    const Inbox& inbox;
    const telemetry::PromptTemplate& prompt;
    // Of the moment; empty: the records say nothing of clocks.
    std::function<ClockFacts()> clock_facts{};
  };
  Device(DeviceOptions options, Parts parts, DeviceEvents events);

  // Until the end of the input, `most_messages`, or `stop`, which also cancels the inference that runs: that one
  // becomes a failed record. Then asks for a save. Nothing on the network's side, and no failing disk, ends or delays
  // it; only the input does: its error is returned.
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
