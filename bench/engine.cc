// The engine by itself and under measurement, with a real model. Prints one JSON object.
//
//   bench-engine prompt MODEL THREADS TOKENS          prompt tokens/s of llama_decode alone, as llama-bench -p
//   bench-engine decode MODEL THREADS DEPTH TOKENS    decode tokens/s behind DEPTH tokens, as llama-bench -n -d
//   bench-engine metering MODEL THREADS PAIRS         what measuring costs in real inferences
//   bench-engine idle MODEL THREADS                   CPU burned in the second after an inference

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <numeric>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/quantile.h"
#include "engine/engine_log.h"
#include "engine/llama_engine.h"
#include "engine/runtime.h"
#include "inferometer/recorder.h"
#include "os/process.h"

namespace inferometer {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "bench-engine: {}\n", why);
  std::exit(1);
}

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

engine::Runtime MustOpen(const std::string& model, int threads, int context_tokens) {
  engine::CaptureEngineLog();
  engine::Runtime runtime;
  runtime.model.reset(llama_model_load_from_file(model.c_str(), llama_model_default_params()));
  if (runtime.model == nullptr || !runtime.OpenContext(context_tokens, threads)) Die("cannot load " + model);
  return runtime;
}

// Random tokens, as llama-bench feeds them.
std::vector<llama_token> RandomTokens(const engine::Runtime& runtime, int count) {
  std::mt19937 random(1);
  std::vector<llama_token> tokens(static_cast<std::size_t>(count));
  const auto vocabulary = static_cast<std::uint32_t>(llama_vocab_n_tokens(runtime.vocab()));
  for (llama_token& token : tokens) token = static_cast<llama_token>(random() % vocabulary);
  return tokens;
}

void DecodePrompt(engine::Runtime& runtime, std::vector<llama_token>& tokens) {
  const std::size_t batch = llama_n_batch(runtime.context.get());
  for (std::size_t begin = 0; begin < tokens.size(); begin += batch) {
    const auto count = static_cast<int>(std::min(batch, tokens.size() - begin));
    if (llama_decode(runtime.context.get(), llama_batch_get_one(tokens.data() + begin, count)) != 0)
      Die("decode failed");
  }
  llama_synchronize(runtime.context.get());
}

void DecodeSingly(engine::Runtime& runtime, const std::vector<llama_token>& tokens) {
  for (llama_token token : tokens) {
    if (llama_decode(runtime.context.get(), llama_batch_get_one(&token, 1)) != 0) Die("decode failed");
    llama_synchronize(runtime.context.get());
  }
}

double PromptRate(const std::string& model, int threads, int count) {
  engine::Runtime runtime = MustOpen(model, threads, count);
  std::vector<llama_token> tokens = RandomTokens(runtime, count);
  DecodePrompt(runtime, tokens);  // warm-up, as llama-bench does it
  runtime.Rest();
  const auto begin = Clock::now();
  DecodePrompt(runtime, tokens);
  return count / Seconds(Clock::now() - begin);
}

double DecodeRate(const std::string& model, int threads, int depth, int count) {
  engine::Runtime runtime = MustOpen(model, threads, depth + count);
  std::vector<llama_token> context = RandomTokens(runtime, depth);
  const std::vector<llama_token> tokens = RandomTokens(runtime, count);
  DecodeSingly(runtime, {tokens.front()});
  runtime.Rest();
  DecodePrompt(runtime, context);
  const auto begin = Clock::now();
  DecodeSingly(runtime, tokens);
  return count / Seconds(Clock::now() - begin);
}

// One inference of fixed length; `recorder` null: not measured. Returns its tokens per second from begin to end.
double MeasuredRate(engine::Runtime& runtime, std::vector<llama_token>& prompt, const std::vector<llama_token>& tokens,
                    Recorder* recorder, std::vector<double>* probe_share) {
  const auto begin = Clock::now();
  std::optional<Inference> inference;
  if (recorder != nullptr) inference.emplace(recorder->Begin({.model_name = "bench", .compute_device = "cpu"}));
  DecodePrompt(runtime, prompt);
  if (inference) inference->PromptReady(static_cast<std::int64_t>(prompt.size()));
  for (const llama_token token : tokens) {
    DecodeSingly(runtime, {token});
    if (inference) inference->Token();
  }
  if (inference) {
    const InferenceRecord record = inference->End("length");
    if (record.probe_overhead_us && record.inference_time_ms) {
      probe_share->push_back(*record.probe_overhead_us / 10.0 / *record.inference_time_ms);  // percent
    }
  }
  const double rate = static_cast<double>(prompt.size() + tokens.size()) / Seconds(Clock::now() - begin);
  runtime.Rest();
  return rate;
}

double Median(std::vector<double> values) { return values.empty() ? 0 : base::QuantileType7(values, 0.5); }

// 95 % percentile interval of the median over resampled pairs.
std::pair<double, double> BootstrapMedian(const std::vector<double>& ratios) {
  constexpr int kResamples = 10'000;
  std::mt19937 random(20261124);  // printed below, so that the interval can be had again
  std::vector<double> medians;
  for (int i = 0; i < kResamples; ++i) {
    std::vector<double> sample(ratios.size());
    for (double& value : sample) value = ratios[random() % ratios.size()];
    medians.push_back(Median(std::move(sample)));
  }
  return {base::QuantileType7(medians, 0.025), base::QuantileType7(medians, 0.975)};
}

void Metering(const std::string& model, int threads, int pairs) {
  constexpr int kPrompt = 64;
  constexpr int kTokens = 32;
  auto recorder = Recorder::Create({.device_id = "bench"});
  if (!recorder.ok()) Die(recorder.status().message());
  engine::Runtime runtime = MustOpen(model, threads, kPrompt + kTokens);
  std::vector<llama_token> prompt = RandomTokens(runtime, kPrompt);
  const std::vector<llama_token> tokens = RandomTokens(runtime, kTokens);
  std::vector<double> shares;
  std::vector<double> ratios;
  MeasuredRate(runtime, prompt, tokens, nullptr, &shares);
  std::mt19937 random(1);
  for (int i = 0; i < pairs; ++i) {
    const bool on_first = random() % 2 == 0;
    const double first = MeasuredRate(runtime, prompt, tokens, on_first ? recorder->get() : nullptr, &shares);
    const double second = MeasuredRate(runtime, prompt, tokens, on_first ? nullptr : recorder->get(), &shares);
    ratios.push_back(on_first ? first / second : second / first);
  }
  const auto [low, high] = BootstrapMedian(ratios);
  fmt::print(
      "{{\"pairs\":{},\"probe_share_percent_median\":{:.4f},\"on_off_ratio_median\":{:.5f},\"ratio_low\":{:.5f},"
      "\"ratio_high\":{:.5f},\"bootstrap_seed\":20261124}}\n",
      pairs, Median(shares), Median(ratios), low, high);
}

void Idle(const std::string& model, int threads) {
  auto recorder = Recorder::Create({.device_id = "bench"});
  if (!recorder.ok()) Die(recorder.status().message());
  auto loaded = engine::LlamaEngine::Load({.path = model, .threads = threads}, **recorder, {});
  if (!loaded.ok()) Die(loaded.status().message());
  const std::stop_source stop;
  std::vector<double> burned_ms;
  for (int i = 0; i < 5; ++i) {
    (void)(*loaded)->Ask("Name a colour.", {.max_tokens = 16}, **recorder, stop.get_token());
    timespec before{};
    timespec after{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
    burned_ms.push_back(static_cast<double>(after.tv_sec - before.tv_sec) * 1e3 +
                        static_cast<double>(after.tv_nsec - before.tv_nsec) / 1e6);
  }
  fmt::print("{{\"cpu_ms_in_the_second_after\":{:.3f}}}\n", *std::max_element(burned_ms.begin(), burned_ms.end()));
}

int Run(const std::vector<std::string>& arguments) {
  const auto number = [&](std::size_t i) { return std::atoi(arguments.at(i).c_str()); };
  if (arguments.size() < 3) Die("see the head of bench/engine.cc for the arguments");
  const std::string& what = arguments[0];
  const std::string& model = arguments[1];
  if (what == "prompt" && arguments.size() == 4) {
    fmt::print("{{\"tokens_per_second\":{:.3f}}}\n", PromptRate(model, number(2), number(3)));
  } else if (what == "decode" && arguments.size() == 5) {
    fmt::print("{{\"tokens_per_second\":{:.3f}}}\n", DecodeRate(model, number(2), number(3), number(4)));
  } else if (what == "metering" && arguments.size() == 4) {
    Metering(model, number(2), number(3));
  } else if (what == "idle") {
    Idle(model, number(2));
  } else {
    Die("see the head of bench/engine.cc for the arguments");
  }
  return 0;
}

}  // namespace
}  // namespace inferometer

int main(int argc, char** argv) { return inferometer::Run({argv + 1, argv + argc}); }
