#pragma once
// Runs a GGUF model with llama.cpp in this process and measures what it does.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "inferometer/record.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"

namespace inferometer::engine {

struct ModelOptions {
  std::filesystem::path path;
  int threads = 0;         // 0: as many as this process may run on
  int context_tokens = 0;  // 0: the model's own length, at most kDefaultContextTokens
  int gpu_layers = 0;      // layers to run on the GPU; negative: all. An error where this build or machine has no GPU
  int batch_tokens =
      512;  // most tokens of a prompt in one call of the engine; more than the context holds counts as that
  bool check_tensors = false;  // read and validate every weight while loading
  std::filesystem::path procfs = "/proc";
};

inline constexpr int kDefaultContextTokens = 2048;

// What is known of a model once it is loaded.
struct ModelFacts {
  std::string name;
  std::string architecture;
  std::string quantization;
  std::string description;  // "llama 256M Q4_1", as llama.cpp's own tools call it
  std::uint64_t parameters = 0;
  std::uint64_t weights_bytes = 0;  // in memory, without what else the file holds
  double file_size_mb = 0;          // 2^20 bytes
  int context_tokens = 0;
  int threads = 0;
  int gpu_layers = 0;
  std::string compute_device;
  std::string engine;
  std::string engine_version;
  double load_time_seconds = 0;
  std::optional<double> memory_increase_mb;  // resident memory after less before
};

struct AnswerOptions {
  int max_tokens = 64;
  double temperature = 0;  // 0: always the likeliest token, so that a run can be repeated
  std::uint32_t seed = 0;
};

// Tokens without meaning: so many as a prompt, then so many one by one. Nothing is tokenised or sampled, and there is
// no end of turn.
struct FixedTest {
  int prompt_tokens = 0;
  int generated_tokens = 0;
};

struct Answer {
  std::string text;        // complete UTF-8; empty after a failure before the first token
  InferenceRecord record;  // also after a failure
  Status status;           // why it failed, for people
};

// Of the llama.cpp that is linked in.
[[nodiscard]] std::string EngineVersion();

// What it can compute on beside the CPU, each a list with commas: "CUDA" and the devices' own names. Without any,
// `names` is "CPU".
struct Backends {
  std::string names;
  std::string gpus;
};
[[nodiscard]] Backends DescribeBackends();

// One model in memory. One call at a time. The abort of a running Ask takes some milliseconds.
class LlamaEngine {
 public:
  // `progress` hears 0 to 1 while loading and may return false to give up (kCancelled). Errors: no such file, not a
  // GGUF, truncated, does not fit in memory, no GPU. `recorder` is asked for resident memory before and after.
  [[nodiscard]] static Result<std::unique_ptr<LlamaEngine>> Load(const ModelOptions& options, const Recorder& recorder,
                                                                 const std::function<bool(float)>& progress);
  ~LlamaEngine();
  LlamaEngine(const LlamaEngine&) = delete;
  LlamaEngine& operator=(const LlamaEngine&) = delete;

  [[nodiscard]] const ModelFacts& facts() const;

  // Asks with `prompt` as the user's turn in the model's own chat template (ChatML where it has none that is known),
  // from an empty context. Stops at the end of turn, after max_tokens, or at the end of the context. Failures, as
  // error_type of the record: cancelled (`cancel` was requested), prompt_too_long, empty_output, engine_error.
  [[nodiscard]] Answer Ask(const std::string& prompt, const AnswerOptions& options, Recorder& recorder,
                           std::stop_token cancel);

  // A test as llama-bench has it, from an empty context. Without generated_tokens the record has prefill_ms up to the
  // end of the prompt, and no token. Failures as of Ask.
  [[nodiscard]] Answer RunFixed(const FixedTest& test, Recorder& recorder, std::stop_token cancel);

  // For measuring the machine under one kind of work: nothing but prompts, or nothing but single tokens, for as long as
  // `go_on` says, which is asked between decodes. Unmeasured. The tokens that were decoded.
  [[nodiscard]] Result<std::uint64_t> EvaluatePromptsWhile(const std::function<bool()>& go_on);
  [[nodiscard]] Result<std::uint64_t> DecodeTokensWhile(const std::function<bool()>& go_on);

 private:
  class State;
  explicit LlamaEngine(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::engine
