#include "trial/power_trial.h"

#include <cmath>
#include <memory>
#include <numeric>
#include <vector>

#include "probe/sampler.h"

namespace inferometer::trial {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::chrono::seconds kWindow{1};
// A meter that sends by itself is given so long to send what belongs to a window's end.
constexpr std::chrono::milliseconds kLateNews{2000};
constexpr double kMwPerWatt = 1000;

struct WindowPower {
  double watts;
  double uncertainty_watts;
};

Result<WindowPower> MeasureWindow(probe::EnergySource& source, const base::Clock& clock,
                                  const std::function<bool(std::chrono::nanoseconds)>& wait) {
  const probe::EnergyReading begin = source.Begin();
  const auto since = clock.Steady();
  if (!wait(kWindow)) return {Code::kCancelled, "stopped"};
  const probe::EnergyReading end = source.Read();
  const auto duration = clock.Steady() - since;
  source.AwaitNews(kLateNews);
  ASSIGN_OR_RETURN(const probe::Energy energy, source.Between(begin, end, duration));
  const double divisor = kMwPerWatt * Seconds(duration).count();
  return WindowPower{energy.mj / divisor, energy.uncertainty_mj / divisor};
}

PowerFigure Joined(const std::vector<WindowPower>& windows) {
  const auto count = static_cast<double>(windows.size());
  PowerFigure figure;
  double stated = 0;
  for (const WindowPower& window : windows) {
    figure.watts += window.watts / count;
    stated += window.uncertainty_watts / count;  // what a source is off by is the same in each: no square root of n
  }
  double squares = 0;
  for (const WindowPower& window : windows) squares += (window.watts - figure.watts) * (window.watts - figure.watts);
  figure.sd_watts = windows.size() > 1 ? std::sqrt(squares / (count - 1)) : 0;
  figure.uncertainty_watts = std::hypot(2 * figure.sd_watts / std::sqrt(count), stated);
  figure.windows = static_cast<int>(windows.size());
  return figure;
}

// Samples a gauge while it lives.
class Sampling {
 public:
  explicit Sampling(probe::EnergySource& source) {
    if (!source.facts().is_sampled) return;
    std::vector<probe::SampledTask> tasks = {{[&source] { source.Sample(); }}};
    sampler_ = std::make_unique<probe::Sampler>(std::move(tasks), probe::kPowerPlan);
    sampler_->Open();
  }
  ~Sampling() {
    if (sampler_ != nullptr) sampler_->Close();
  }
  Sampling(const Sampling&) = delete;
  Sampling& operator=(const Sampling&) = delete;

 private:
  std::unique_ptr<probe::Sampler> sampler_;  // null for a counter
};

}  // namespace

Result<PowerFigure> MeasurePower(probe::EnergySource& source, int windows, const base::Clock& clock,
                                 const std::function<bool(std::chrono::nanoseconds)>& wait) {
  const Sampling sampling(source);
  std::vector<WindowPower> measured;
  for (int i = 0; i < windows; ++i) {
    ASSIGN_OR_RETURN(const WindowPower power, MeasureWindow(source, clock, wait));
    measured.push_back(power);
  }
  if (measured.empty()) return {Code::kInvalidArgument, "no window to measure"};
  return Joined(measured);
}

}  // namespace inferometer::trial
