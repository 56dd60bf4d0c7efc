// The engine by itself and under measurement, with a real model. Prints one JSON object.
//
//   bench-engine prompt MODEL THREADS TOKENS          prompt tokens/s of llama_decode alone, as llama-bench -p
//   bench-engine decode MODEL THREADS DEPTH TOKENS    decode tokens/s behind DEPTH tokens, as llama-bench -n -d
//   bench-engine metering MODEL THREADS PAIRS         what measuring costs in real inferences
//   bench-engine idle MODEL THREADS                   CPU burned in the second after an inference

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "engine/fixed_load.h"
#include "engine/llama_engine.h"
#include "inferometer/recorder.h"
#include "trial/fixed_inference.h"
#include "trial/observer_effect.h"

namespace inferometer {
namespace {

using Clock = std::chrono::steady_clock;

[[noreturn]] void Die(const std::string& why) {
  fmt::print(stderr, "bench-engine: {}\n", why);
  std::exit(1);
}

double Seconds(Clock::duration duration) { return std::chrono::duration<double>(duration).count(); }

void Must(const Status& status) {
  if (!status.ok()) Die(status.message());
}

template <class T>
T Must(Result<T> result) {
  Must(result.status());
  return std::move(result).value();
}

double PromptRate(const std::string& model, int threads, int count) {
  engine::Runtime runtime = Must(engine::OpenForFixedLoad(model, count, threads));
  std::vector<llama_token> tokens = engine::RandomTokens(runtime).Take(count);
  Must(engine::EvaluateTokens(runtime, tokens));  // warm-up, as llama-bench does it
  runtime.Rest();
  const auto begin = Clock::now();
  Must(engine::EvaluateTokens(runtime, tokens));
  return count / Seconds(Clock::now() - begin);
}

double DecodeRate(const std::string& model, int threads, int depth, int count) {
  engine::Runtime runtime = Must(engine::OpenForFixedLoad(model, depth + count, threads));
  std::vector<llama_token> context = engine::RandomTokens(runtime).Take(depth);
  std::vector<llama_token> tokens = engine::RandomTokens(runtime).Take(count);
  Must(engine::DecodeSingly(runtime, {tokens.data(), 1}, {}));  // warm-up
  runtime.Rest();
  Must(engine::EvaluateTokens(runtime, context));
  const auto begin = Clock::now();
  Must(engine::DecodeSingly(runtime, tokens, {}));
  return count / Seconds(Clock::now() - begin);
}

// Percents of the run time without measuring, as ratios of tokens per second with it.
double RateRatio(double slower_percent) { return 1 / (1 + slower_percent / 100); }

void Metering(const std::string& model, int threads, int pairs) {
  if (pairs < 1) Die("PAIRS must be a number above 0");
  const auto recorder = Must(Recorder::Create({.device_id = "bench"}));
  const auto work = Must(
      trial::FixedInference::Load({.model = model, .threads = threads, .prompt_tokens = 64, .generated_tokens = 32}));
  const trial::ObserverEffect measured =
      Must(trial::MeasureObserverEffect(*work, *recorder, trial::Exactly(static_cast<std::size_t>(pairs)),
                                        base::SystemClock(), {}, [](const trial::PairedEffect&) {}));
  const trial::PairedEffect& effect = measured.effect;
  fmt::print(
      "{{\"pairs\":{},\"probe_share_percent_median\":{:.4f},\"on_off_ratio_median\":{:.5f},\"ratio_low\":{:.5f},"
      "\"ratio_high\":{:.5f}}}\n",
      effect.pairs, measured.probe_us / 1e4 / measured.run_seconds, RateRatio(effect.median_percent),
      RateRatio(*effect.high_percent), RateRatio(*effect.low_percent));
}

void Idle(const std::string& model, int threads) {
  const auto recorder = Must(Recorder::Create({.device_id = "bench"}));
  const auto loaded = Must(engine::LlamaEngine::Load({.path = model, .threads = threads}, *recorder, {}));
  const std::stop_source stop;
  std::vector<double> burned_ms;
  for (int i = 0; i < 5; ++i) {
    (void)loaded->Ask("Name a colour.", {.max_tokens = 16}, *recorder, stop.get_token());
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
