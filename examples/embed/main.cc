// The smallest program that embeds the recorder. Where it spells out words, your LLM generates tokens.
#include <cstdio>
#include <sstream>
#include <string>

#include "inferometer/recorder.h"

int main() {
  auto recorder = inferometer::Recorder::Create({.device_id = "my-device"});  // before the model is loaded
  if (!recorder.ok()) {
    std::fprintf(stderr, "%s\n", recorder.status().message().c_str());
    return 1;
  }
  const std::string prompt = "the answer of a very small language model";

  auto inference = (*recorder)->Begin({.model_name = "speller", .compute_device = "cpu"});
  inference.PromptReady(8);  // tokens of the prompt
  std::istringstream words(prompt);
  for (std::string word; words >> word;) {
    inference.Token();
    std::printf("%s ", word.c_str());
  }
  const inferometer::InferenceRecord record = inference.End("stop");

  std::printf("\n%s: %.3f ms, %lld tokens\n", record.record_id->c_str(), *record.inference_time_ms,
              static_cast<long long>(*record.generated_tokens));
  if (record.memory_peak_mb) std::printf("peak memory %.1f MB\n", *record.memory_peak_mb);
  if (record.energy_consumed_mj) {
    std::printf("%.3f mJ +/- %.3f (%s, %s)\n", *record.energy_consumed_mj, *record.energy_uncertainty_mj,
                record.energy_source->c_str(), record.energy_scope->c_str());
  }
  std::printf("%s\n", (*recorder)->EnergyDescription().c_str());
  return 0;
}
