// Check 10: an engine that takes exactly so long.
#include <algorithm>
#include <cmath>

#include "checks.h"
#include "inferometer/recorder.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

void SpinUntil(Clock::time_point end) {
  while (Clock::now() < end) {
  }
}

struct ExactEngine {
  milliseconds prefill;
  milliseconds per_token;
  int tokens;
};

InferenceRecord Run(Recorder& recorder, const ExactEngine& engine) {
  Inference inference = recorder.Begin({"exact", kCpu});
  auto at = Clock::now();
  inference.PromptReady(100);
  for (int token = 0; token < engine.tokens; ++token) {
    SpinUntil(at += token == 0 ? engine.prefill : engine.per_token);
    inference.Token();
  }
  return inference.End("stop");
}

// Errors beyond what the bounds are of: the machine may take the CPU away, so the median of several runs counts.
struct Errors {
  double first_token_ms;
  double per_token_share;
};

Errors MedianErrors(Recorder& recorder, const ExactEngine& engine, int runs) {
  std::vector<double> first;
  std::vector<double> per_token;
  for (int i = 0; i < runs; ++i) {
    const InferenceRecord record = Run(recorder, engine);
    first.push_back(std::abs(*record.time_to_first_token_ms - static_cast<double>(engine.prefill.count())));
    const double rate = 1000.0 / static_cast<double>(engine.per_token.count());
    per_token.push_back(100 * std::abs(*record.tokens_per_second / rate - 1));
  }
  std::sort(first.begin(), first.end());
  std::sort(per_token.begin(), per_token.end());
  return {first[first.size() / 2], per_token[per_token.size() / 2]};
}

}  // namespace

void Timing(Sheet& sheet, const Extent& extent) {
  sheet.Title("10. Times of an engine that takes exactly so long");
  const auto recorder = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone});
  for (const ExactEngine& engine :
       {ExactEngine{milliseconds(50), milliseconds(5), 20}, ExactEngine{milliseconds(200), milliseconds(20), 10}}) {
    const Errors errors = MedianErrors(*recorder, engine, extent.quick ? 3 : 15);
    const auto what =
        fmt::format("{} ms to the first token, {} ms a token", engine.prefill.count(), engine.per_token.count());
    sheet.AtMost(what + ": error of the first", errors.first_token_ms, 0.2, "ms");
    sheet.AtMost(what + ": error of tokens_per_second", errors.per_token_share, 1.0, "%");
  }
  const InferenceRecord one = Run(*recorder, {milliseconds(5), milliseconds(5), 1});
  sheet.Holds("one token: no rate, no time per token",
              one.status == kStatusOk && !one.tokens_per_second && !one.time_per_output_token_ms);
  const InferenceRecord none = Run(*recorder, {milliseconds(5), milliseconds(5), 0});
  sheet.Holds("no token: an error, no rate", none.status == kStatusError && !none.tokens_per_second);
}

}  // namespace inferometer::checks
