#pragma once
// What measuring does to what is measured: the same work, with and without, in turns.

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "base/clock.h"
#include "inferometer/recorder.h"
#include "inferometer/status.h"
#include "trial/paired_effect.h"
#include "trial/work.h"

namespace inferometer::trial {

struct ObserverPlan {
  // Goes on until the interval tells on which side of +- this the effect is, with `least_pairs` or more; or until a
  // bound below is reached, with 6 or more.
  double margin_percent = 0.5;
  std::size_t least_pairs = 30;
  std::size_t most_pairs = 5000;
  std::chrono::nanoseconds at_most = std::chrono::seconds(60);
  std::uint32_t seed = 1;  // of the order within pairs
};

// That many pairs, 6 or more, however long they take.
[[nodiscard]] inline ObserverPlan Exactly(std::size_t pairs) {
  return {.least_pairs = pairs, .most_pairs = pairs, .at_most = std::chrono::nanoseconds::max()};
}

struct ObserverEffect {
  PairedEffect effect;
  double run_seconds;  // median run without measuring
  double probe_us;     // median time of the probes in one run
  // Median CPU time of the sampler, of what the machine has; absent where nothing is sampled.
  std::optional<double> sampler_machine_percent;
};

enum class ObserverVerdict {
  kWithinMargin,  // the whole interval is within +- the margin
  kBeyondMargin,  // none of it is
  kUndecided,     // the machine is too noisy for the time that was given
};
[[nodiscard]] ObserverVerdict VerdictOf(const PairedEffect& effect, double margin_percent);

// Called after every pair.
using ObserverProgress = std::function<void(const PairedEffect& so_far)>;

// The first run of each kind warms up and is not counted. kCancelled when `stop` was requested before 6 pairs; later,
// what there is is the answer. kInvalidArgument for a plan of fewer than 6.
[[nodiscard]] Result<ObserverEffect> MeasureObserverEffect(Work& work, Recorder& recorder, const ObserverPlan& plan,
                                                           const base::Clock& clock, const std::stop_token& stop,
                                                           const ObserverProgress& progress);

}  // namespace inferometer::trial
