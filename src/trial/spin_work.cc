#include "trial/spin_work.h"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <thread>
#include <vector>

namespace inferometer::trial {
namespace {

constexpr int kTokens = 8;
constexpr std::uint64_t kTrialSteps = 2'000'000;

void Spin(std::uint64_t steps) {
  volatile std::uint64_t state = 1;
  for (std::uint64_t i = 0; i < steps; ++i) state = state * 6364136223846793005ULL + 1442695040888963407ULL;
}

double SecondsOf(std::uint64_t steps) {
  const auto begin = std::chrono::steady_clock::now();
  Spin(steps);
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

}  // namespace

SpinWork::SpinWork(unsigned threads, double seconds) : threads_(threads), steps_(kTrialSteps) {
  const double trial_seconds = std::max(1e-6, std::min({SecondsOf(steps_), SecondsOf(steps_), SecondsOf(steps_)}));
  steps_ = static_cast<std::uint64_t>(static_cast<double>(kTrialSteps) * seconds / trial_seconds);
}

Status SpinWork::Run(Inference* inference) {
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < threads_; ++i) others.emplace_back([this] { Spin(steps_); });
  if (inference != nullptr) inference->PromptReady(1);
  for (int token = 0; token < kTokens; ++token) {
    Spin(steps_ / kTokens);
    if (inference != nullptr) inference->Token();
  }
  return Ok();
}

}  // namespace inferometer::trial
