#include "device/run_context.h"

#include <gtest/gtest.h>

#include "record/context_fields.h"

namespace inferometer::device {
namespace {

RunFacts Facts() {
  RunFacts facts;
  facts.machine.host = "pi";
  facts.machine.kernel = "Linux 6.1 aarch64";
  facts.machine.cpus_online = 4;
  facts.device_name = "edge-device-01";
  facts.session_id = "0123456789abcdef";
  facts.program_version = "0.1.0";
  facts.power_mode = "governor=ondemand";
  facts.energy = "model (generic), board";
  facts.power_profile = "generic";
  facts.interval = 5;
  return facts;
}

engine::ModelFacts Model() {
  engine::ModelFacts model;
  model.name = "Tiny";
  model.architecture = "llama";
  model.quantization = "Q4_1";
  model.parameters = 1000;
  model.file_size_mb = 93.8;
  model.context_tokens = 2048;
  model.threads = 4;
  model.compute_device = "cpu";
  model.engine = "llama.cpp";
  model.engine_version = "0.5.0";
  model.load_time_seconds = 1.5;
  return model;
}

std::string ToJson(const store::Context& context) {
  std::string json;
  store::AppendJson(context, json);
  return json;
}

TEST(RunContext, GoldenBlock) {
  const engine::ModelFacts model = Model();
  EXPECT_EQ(
      ToJson(RunContext(Facts(), &model, {.max_tokens = 64, .temperature = 0.5, .seed = 7})),
      R"({"schema_version":1,"program_version":"0.1.0","session_id":"0123456789abcdef","device_name":"edge-device-01",)"
      R"("host":"pi","kernel":"Linux 6.1 aarch64","cpus_online":4,"power_mode":"governor=ondemand",)"
      R"("energy":"model (generic), board","power_profile":"generic","interval_messages":5,"engine":"llama.cpp","engine_version":"0.5.0",)"
      R"("architecture":"llama","quantization":"Q4_1","parameters":1000,"model_file_mb":93.8,"context_tokens":2048,)"
      R"("threads":4,"gpu_layers":0,"max_tokens":64,"temperature":0.5,"seed":7})");
}

TEST(RunContext, EveryEntryStandsInTheTable) {
  const engine::ModelFacts model = Model();
  for (const auto& [key, value] : RunContext(Facts(), &model, {})) {
    const bool is_identity = key == "session_id" || key == "device_name";  // the record's own
    EXPECT_TRUE(is_identity || record::FindContextField(key)) << key;
  }
}

TEST(RunContext, WithoutAModelSaysNothingOfOne) {
  EXPECT_EQ(ToJson(RunContext(Facts(), nullptr, {})).find("engine"), std::string::npos);
}

TEST(RunContext, PowerModeThatTheMachineDoesNotTellIsLeftOut) {
  RunFacts facts = Facts();
  facts.power_mode.reset();
  EXPECT_EQ(ToJson(RunContext(facts, nullptr, {})).find("power_mode"), std::string::npos);
}

TEST(LoadingContext, GoldenFile) {
  EXPECT_EQ(
      ToJson(LoadingContext(Model(), "abc", WallTime(std::chrono::microseconds(1759833015123456)))),
      R"({"event":"model_loading","timestamp":"2025-10-07T10:30:15.123456Z","device_id":"abc","model_name":"Tiny",)"
      R"("load_time_seconds":1.5,"compute_device":"cpu","engine":"llama.cpp","engine_version":"0.5.0","architecture":"llama",)"
      R"("quantization":"Q4_1","parameters":1000,"model_file_mb":93.8,"context_tokens":2048,"threads":4,"gpu_layers":0})");
}

}  // namespace
}  // namespace inferometer::device
