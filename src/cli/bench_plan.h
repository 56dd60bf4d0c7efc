#pragma once
// What the options of `inferometer bench` ask for, as a plan.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "trial/bench_plan.h"

namespace inferometer::cli {

enum class BenchOutput { kTable, kMarkdown, kCsv, kJson, kJsonl, kSql };

struct BenchArguments {
  // What the plan is made of.
  std::vector<std::string> models;  // empty: the one that the set-up brought
  std::vector<int> threads;         // empty: as many as this process may run on
  std::vector<int> n_prompt = {512};
  std::vector<int> n_gen = {128};
  bool asks_for_prompt_tests = false;  // n_prompt was given
  std::filesystem::path prompts;
  int batch_tokens = 2048;
  int context_tokens = 0;
  int gpu_layers = 0;
  std::optional<int> repetitions;
  double effect_percent = 2;
  std::string metric;
  int most_blocks = 200;
  int warm_ups = 1;
  bool reloads = false;
  double delay_seconds = 0;
  std::optional<std::uint32_t> seed;
  std::string experiment;

  // What may be another in a bench that goes on.
  std::filesystem::path resume;
  std::filesystem::path out;
  std::string max_time;
  double margin_percent = 2;
  BenchOutput output = BenchOutput::kTable;
  std::string device_id;
  bool portable_names = false;
  RecorderOptions recorder;
};

// Looks at the model files and reads the prompts. kInvalidArgument, kNotFound.
[[nodiscard]] Result<trial::BenchPlan> MakePlan(const BenchArguments& arguments, const base::Clock& clock);

// The plan that stands in `folder`, with its prompts. kFailedPrecondition where a model or the prompts are not what
// they were; kNotFound where there is none.
[[nodiscard]] Result<trial::BenchPlan> ReadPlan(const std::filesystem::path& folder);

}  // namespace inferometer::cli
