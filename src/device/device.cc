#include "device/device.h"

#include <utility>

namespace inferometer::device {

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
  engine::Answer answer = parts_.engine->Ask(parts_.prompt.Render(message), options_.answer, parts_.recorder, stop);
  ++counts_.inferences;
  if (answer.record.failed()) ++counts_.failed;
  answer.record = parts_.directory.Add(std::move(answer.record));
  if (parts_.publisher != nullptr) {
    parts_.publisher->PublishRecord(answer.record);
    if (!answer.text.empty()) parts_.publisher->PublishAnalysis(answer.record, answer.text);
  }
  if (events_.on_answer) events_.on_answer(counts_.messages, answer);
}

void Device::Save() {
  const auto saved = parts_.directory.Save();
  counts_.unsaved = parts_.directory.unsaved();
  counts_.dropped = parts_.directory.dropped();
  if (!saved.ok()) {
    if (events_.on_problem) events_.on_problem(saved.status().message());
  } else if (saved->has_value()) {
    ++counts_.saves;
    if (parts_.publisher != nullptr) parts_.publisher->PublishSummary((*saved)->summary);
    if (events_.on_saved) events_.on_saved(**saved);
  }
  if (parts_.publisher == nullptr) return;
  parts_.publisher->PublishStatus({.telemetry_malformed = parts_.publisher->malformed(),
                                   .telemetry_dropped = parts_.inbox.dropped(),
                                   .records_unsaved_dropped = counts_.dropped});
}

}  // namespace inferometer::device
