#include "device/device.h"

#include <utility>

namespace inferometer::device {
namespace {

// Only where the time of the record may be wrong: a hub can repair it then.
void AddClocks(const ClockFacts& facts, InferenceRecord& record) {
  if (facts.is_synchronised.value_or(true) || !facts.boot_id) return;
  record.clock_state = "unsynchronised";
  record.boot_id = facts.boot_id;
  record.boottime_ms = facts.boottime_ms;
}

}  // namespace

Device::Device(DeviceOptions options, Parts parts, DeviceEvents events)
    : options_(options), parts_(parts), events_(std::move(events)) {}

Status Device::Run(const std::stop_token& stop) {
  const Status input = TakeMessages(stop);
  Save();
  return input;
}

Status Device::TakeMessages(const std::stop_token& stop) {
  while (!stop.stop_requested() && counts_.messages < options_.most_messages.value_or(UINT64_MAX)) {
    ASSIGN_OR_RETURN(const std::optional<telemetry::SensorMessage> message, parts_.source.Next(stop));
    if (!message) return Ok();
    ++counts_.messages;
    if (counts_.messages % static_cast<std::uint64_t>(options_.interval) == 0) Infer(*message, stop);
    if (counts_.messages % static_cast<std::uint64_t>(options_.save_every_messages) == 0) Save();
  }
  return Ok();
}

void Device::Infer(const telemetry::SensorMessage& message, const std::stop_token& stop) {
  if (parts_.engine == nullptr) return;
  const std::string prompt = parts_.prompt.Render(message);
  const auto clocks = parts_.clock_facts ? std::optional(parts_.clock_facts()) : std::nullopt;
  engine::Answer answer = parts_.engine->Ask(prompt, options_.answer, parts_.recorder, stop);
  if (counts_.inferences == 0) answer.record.warmup = true;  // the first one after the load
  ++counts_.inferences;
  if (answer.record.failed()) ++counts_.failed;
  if (clocks) AddClocks(*clocks, answer.record);
  answer.record = parts_.keeper.Keep(std::move(answer.record));
  if (parts_.publisher != nullptr && !answer.text.empty()) {
    parts_.publisher->PublishAnalysis(answer.record, answer.text);
  }
  if (events_.on_answer) events_.on_answer(counts_.messages, answer);
}

void Device::Save() {
  if (parts_.publisher != nullptr) {
    parts_.publisher->SetLosses(
        {.telemetry_malformed = parts_.publisher->malformed(), .telemetry_dropped = parts_.inbox.dropped()});
  }
  parts_.keeper.RequestSave();
}

}  // namespace inferometer::device
