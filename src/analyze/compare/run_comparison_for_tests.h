#pragma once
// For tests of comparisons: two arms of records, put together run by run.

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "analyze/compare/run_comparison.h"
#include "analyze/compare/simulated_runs.h"

namespace inferometer::analyze {

inline constexpr std::size_t kTime = 0;
inline constexpr std::size_t kSpeed = 2;
inline constexpr std::size_t kEnergy = 6;

class RunComparisonTest : public ::testing::Test {
 protected:
  RunComparisonTest() {
    question_.metrics = {kTime};
    context_ = {{"quantization", std::string("Q4_1")}, {"threads", std::int64_t{4}}};
    record_.device_id = "pi-01";
    record_.model_name = "SmolLM2";
    record_.compute_device = "cpu";
    record_.status = kStatusOk;
    record_.prompt_tokens = 100;
    record_.generated_tokens = 32;
    record_.energy_source = "rapl";
    record_.energy_scope = "package";
  }

  // `count` records of around `level` ms each, one a second; energy is 5 mJ a ms, off by `energy_error` at most.
  void Run(std::size_t arm, std::size_t count, double level) {
    const FoundFile file{"metrics/pi/inference_metrics_1.json", "pi"};
    for (const Observation& one : runs_.Arm(count, level, {.variation = variation_, .outliers = 0})) {
      record_.timestamp = WallTime(std::chrono::seconds(++second_));
      record_.inference_time_ms = one.value;
      record_.tokens_per_second = 31000 / one.value;
      record_.energy_consumed_mj = 5 * one.value;
      record_.energy_uncertainty_mj = 5 * one.value * energy_error_;
      rows_.Add(arm, {file, context_}, record_);
    }
  }
  void SetContext(const std::string& key, store::ContextValue value) {
    for (auto& [name, old] : context_) {
      if (name == key) old = value;
    }
  }
  MetricComparison Compare(std::size_t metric = kTime) {
    question_.metrics = {metric};
    answer_ = CompareRuns(rows_, question_);
    return answer_.comparisons.front();
  }

  SimulatedRuns runs_{5};
  int second_ = 0;
  double variation_ = 0.03;
  double energy_error_ = 0.02;
  store::Context context_;
  InferenceRecord record_;
  RunRows rows_;
  RunQuestion question_;
  RunComparison answer_;
};

}  // namespace inferometer::analyze
