#pragma once
// What `inferometer device` can be told.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "cli/broker_options.h"
#include "engine/llama_engine.h"
#include "inferometer/recorder.h"
#include "store/journal.h"

namespace CLI {
class App;
}

namespace inferometer::cli {

struct DeviceArguments {
  // Who it is.
  std::string name;  // empty: the host's
  std::string id;    // empty: the first network interface's address
  std::string experiment;

  // Where messages come from.
  BrokerArguments broker;
  std::optional<std::uint64_t> generate;
  std::string replay;
  std::string replay_sensor;  // empty: this device's id
  std::optional<double> speed;
  std::optional<std::uint64_t> most_messages;
  std::size_t queue = 1000;
  std::uint32_t seed = 0;

  // What it asks.
  bool enable_llm = true;
  engine::ModelOptions model;
  engine::AnswerOptions answer;
  std::string prompt_file;
  int interval = 5;

  // What it measures and keeps.
  RecorderOptions recorder;
  bool no_peak_reset = false;
  std::filesystem::path out;
  bool portable_names = false;
  std::optional<int> save_every;
  double drain_seconds = 30;
  store::JournalOptions journal;
  std::string log_level = "info";
};

// The arguments must outlive the app's parsing.
void AddDeviceOptions(CLI::App& app, DeviceArguments& arguments);

// Fills in what was left open: name, id, folder, model; and checks what the options themselves cannot.
[[nodiscard]] Status Complete(DeviceArguments& arguments);

}  // namespace inferometer::cli
