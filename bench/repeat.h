#pragma once
// The same question asked of many runs.

#include <atomic>
#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

#include "analyze/compare/arm_comparison.h"

namespace inferometer::checks {

inline constexpr std::size_t kRuns = 1000;
// So far may a rate over kRuns be off by chance, at 95 %, where it is 5 %.
inline constexpr double kChancePercent = 1.4;

struct Rates {
  double false_verdicts = 0;  // lower or higher, in percent
  double higher = 0;
  double withheld = 0;
};

// Calls `run(i)` for i below kRuns on two threads and gives in how many percent of them each answer came.
inline Rates Repeat(const std::function<Rates(std::size_t)>& run) {
  std::vector<Rates> answers(kRuns);
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    for (std::size_t i = next++; i < kRuns; i = next++) answers[i] = run(i);
  };
  std::thread other(work);
  work();
  other.join();
  Rates rates;
  for (const Rates& one : answers) {
    rates.false_verdicts += one.false_verdicts * 100 / kRuns;
    rates.higher += one.higher * 100 / kRuns;
    rates.withheld += one.withheld * 100 / kRuns;
  }
  return rates;
}

inline bool IsDifferent(const analyze::ArmComparison& one) {
  return one.verdict == analyze::Verdict::kLower || one.verdict == analyze::Verdict::kHigher;
}

}  // namespace inferometer::checks
