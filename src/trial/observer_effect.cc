#include "trial/observer_effect.h"

#include <cmath>
#include <random>
#include <vector>

#include "base/quantile.h"
#include "os/cpus.h"

namespace inferometer::trial {
namespace {

constexpr std::size_t kLeastForAnInterval = 6;

double Median(std::vector<double> values) { return base::QuantileType7(values, 0.5); }

// Runs the work and gathers what came of it.
class Experiment {
 public:
  Experiment(Work& work, Recorder& recorder, const base::Clock& clock)
      : work_(work), recorder_(recorder), clock_(clock) {}

  Result<double> SecondsWithout() {
    const auto begin = clock_.Steady();
    RETURN_IF_ERROR(work_.Run(nullptr));
    return SecondsSince(begin);
  }

  Result<double> SecondsWith() {
    const auto begin = clock_.Steady();
    Inference inference = recorder_.Begin({"selftest", kCpu});
    RETURN_IF_ERROR(work_.Run(&inference));
    const InferenceRecord record = inference.End("length");
    const double seconds = SecondsSince(begin);
    Note(record);
    return seconds;
  }

  void Forget() {
    probe_us_.clear();
    sampler_percent_.clear();
  }
  [[nodiscard]] double ProbeUs() const { return Median(probe_us_); }
  [[nodiscard]] std::optional<double> SamplerPercent() const {
    if (sampler_percent_.empty()) return std::nullopt;
    return Median(sampler_percent_);
  }

 private:
  [[nodiscard]] double SecondsSince(std::chrono::nanoseconds begin) const {
    return std::chrono::duration<double>(clock_.Steady() - begin).count();
  }
  void Note(const InferenceRecord& record) {
    probe_us_.push_back(record.probe_overhead_us.value_or(0));
    if (!record.sampler_cpu_us || !record.inference_time_ms || *record.inference_time_ms <= 0) return;
    sampler_percent_.push_back(*record.sampler_cpu_us / (10 * *record.inference_time_ms * os::UsableCpus()));
  }

  Work& work_;
  Recorder& recorder_;
  const base::Clock& clock_;
  std::vector<double> probe_us_;
  std::vector<double> sampler_percent_;
};

Result<Pair> RunPair(Experiment& experiment, bool with_first) {
  Pair pair{};
  if (!with_first) {
    ASSIGN_OR_RETURN(pair.without_seconds, experiment.SecondsWithout());
  }
  ASSIGN_OR_RETURN(pair.with_seconds, experiment.SecondsWith());
  if (with_first) {
    ASSIGN_OR_RETURN(pair.without_seconds, experiment.SecondsWithout());
  }
  return pair;
}

bool IsNarrow(const PairedEffect& effect, double margin_percent) {
  return effect.low_percent && *effect.high_percent - *effect.low_percent <= 2 * margin_percent &&
         VerdictOf(effect, margin_percent) != ObserverVerdict::kUndecided;
}

}  // namespace

ObserverVerdict VerdictOf(const PairedEffect& effect, double margin_percent) {
  if (!effect.low_percent || !effect.high_percent) return ObserverVerdict::kUndecided;
  if (*effect.low_percent >= -margin_percent && *effect.high_percent <= margin_percent) {
    return ObserverVerdict::kWithinMargin;
  }
  const bool beyond = *effect.low_percent > margin_percent || *effect.high_percent < -margin_percent;
  return beyond ? ObserverVerdict::kBeyondMargin : ObserverVerdict::kUndecided;
}

Result<ObserverEffect> MeasureObserverEffect(Work& work, Recorder& recorder, const ObserverPlan& plan,
                                             const base::Clock& clock, const std::stop_token& stop,
                                             const ObserverProgress& progress) {
  if (plan.most_pairs < kLeastForAnInterval) {
    return {Code::kInvalidArgument, "an interval needs 6 pairs of runs at least"};
  }
  Experiment experiment(work, recorder, clock);
  RETURN_IF_ERROR(RunPair(experiment, false).status());
  experiment.Forget();
  std::mt19937 random(plan.seed);
  std::vector<Pair> pairs;
  const auto begin = clock.Steady();
  while (!stop.stop_requested() && pairs.size() < plan.most_pairs) {
    if (pairs.size() >= kLeastForAnInterval && clock.Steady() - begin >= plan.at_most) break;
    ASSIGN_OR_RETURN(const Pair pair, RunPair(experiment, random() % 2 == 0));
    pairs.push_back(pair);
    const PairedEffect so_far = EffectOf(pairs);
    progress(so_far);
    if (pairs.size() >= plan.least_pairs && IsNarrow(so_far, plan.margin_percent)) break;
  }
  if (pairs.size() < kLeastForAnInterval) return {Code::kCancelled, "stopped before there was anything to say"};
  std::vector<double> without;
  without.reserve(pairs.size());
  for (const Pair& pair : pairs) without.push_back(pair.without_seconds);
  return ObserverEffect{EffectOf(pairs), Median(without), experiment.ProbeUs(), experiment.SamplerPercent()};
}

}  // namespace inferometer::trial
