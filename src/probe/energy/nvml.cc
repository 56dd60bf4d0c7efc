#include "probe/energy/nvml.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <thread>
#include <utility>

#include "base/units.h"
#include "probe/energy/gauge_source.h"

namespace inferometer::probe {
namespace {

using base::kMjPerJ;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using Seconds = std::chrono::duration<double>;

constexpr const char* kName = "nvml";
constexpr const char* kScope = "gpu";

constexpr double kSystematicShare = 0.05;
constexpr double kMostWattsPerGpu = 1500;

// Steps of 10 ms (one user's GPU) to 100 ms (PETSc manual, profiling on GPUs) were seen.
constexpr nanoseconds kShortestStep = milliseconds(10);
constexpr nanoseconds kLongestStep = milliseconds(100);
constexpr nanoseconds kLookFor = milliseconds(300);
constexpr int kEnoughSteps = 4;

// The board refreshes it some 20 to 100 ms apart (arXiv 2312.02741), and the two largest chips look only a quarter of
// the time.
constexpr nanoseconds kInstantAge = milliseconds(100);
constexpr double kInstantUncertainty = 0.10;
constexpr nanoseconds kMeanAge = std::chrono::seconds(1);
constexpr double kMeanUncertainty = 0.25;

std::string Names(const NvmlDriver& driver) {
  std::string names = driver.gpus().size() > 1 ? "the sum of " : "";
  for (const NvmlGpu& gpu : driver.gpus()) {
    if (&gpu != &driver.gpus().front()) names += " + ";
    names += gpu.name;
  }
  return names;
}

Result<std::vector<std::uint64_t>> ReadAll(const NvmlDriver& driver) {
  std::vector<std::uint64_t> all_mj;
  for (const NvmlGpu& gpu : driver.gpus()) {
    ASSIGN_OR_RETURN(const std::uint64_t mj, driver.EnergyMj(gpu));
    all_mj.push_back(mj);
  }
  return all_mj;
}

// When one counter moved.
class StepWatch {
 public:
  void Look(std::uint64_t mj, nanoseconds now) {
    if (steps_ >= 0 && mj == last_mj_) return;
    if (steps_ == 0) first_ = now;
    if (steps_ >= 0) last_ = now;
    last_mj_ = mj;
    ++steps_;
  }
  [[nodiscard]] bool HasSeenEnough() const { return steps_ >= kEnoughSteps; }
  [[nodiscard]] nanoseconds Step() const {
    if (steps_ < 2) return kLongestStep;
    return std::clamp((last_ - first_) / (steps_ - 1), kShortestStep, kLongestStep);
  }

 private:
  int steps_ = -1;  // before the first look
  std::uint64_t last_mj_ = 0;
  nanoseconds first_{};
  nanoseconds last_{};
};

}  // namespace

Result<std::unique_ptr<EnergySource>> OpenNvml(const EnergyRoots& roots) {
  ASSIGN_OR_RETURN(std::shared_ptr<const NvmlDriver> driver, NvmlDriver::Open(roots.nvml_library));
  auto counter = NvmlCounter::Make(driver, roots.clock);
  if (counter.ok() || counter.status().code() != Code::kNotFound) return counter;
  auto gauge = NvmlGauge::Make(std::move(driver));
  if (gauge.ok()) return std::unique_ptr<EnergySource>(new GaugeSource(std::move(gauge).value(), roots.clock));
  return {Code::kUnavailable, gauge.status().message()};  // a GPU is there
}

nanoseconds MeasureCounterStep(const NvmlDriver& driver, const base::Clock& clock) {
  std::vector<StepWatch> watches(driver.gpus().size());
  const nanoseconds end = clock.Steady() + kLookFor;
  // Counts, too, since the clock may stand still.
  for (auto looks = kLookFor / milliseconds(1); looks > 0 && clock.Steady() < end; --looks) {
    for (std::size_t i = 0; i < watches.size(); ++i) {
      const auto mj = driver.EnergyMj(driver.gpus()[i]);
      if (mj.ok()) watches[i].Look(*mj, clock.Steady());
    }
    if (std::all_of(watches.begin(), watches.end(), [](const auto& watch) { return watch.HasSeenEnough(); })) break;
    std::this_thread::sleep_for(milliseconds(1));
  }
  nanoseconds slowest = kShortestStep;
  for (const StepWatch& watch : watches) slowest = std::max(slowest, watch.Step());
  return slowest;
}

Result<std::unique_ptr<EnergySource>> NvmlCounter::Make(std::shared_ptr<const NvmlDriver> driver,
                                                        const base::Clock* clock) {
  RETURN_IF_ERROR(ReadAll(*driver).status());
  const nanoseconds step = MeasureCounterStep(*driver, *clock);
  ASSIGN_OR_RETURN(const std::vector<std::uint64_t> last_mj, ReadAll(*driver));
  return std::unique_ptr<EnergySource>(new NvmlCounter(std::move(driver), clock, last_mj, step));
}

NvmlCounter::NvmlCounter(std::shared_ptr<const NvmlDriver> driver, const base::Clock* clock,
                         const std::vector<std::uint64_t>& last_mj, nanoseconds step)
    : driver_(std::move(driver)),
      clock_(clock),
      facts_{kName, kScope, step, false,
             fmt::format("{}, counters that step every {:.0f} ms", Names(*driver_), Seconds(step).count() * 1000)} {
  for (const std::uint64_t mj : last_mj) last_.push_back({mj, clock_->Steady()});
}

EnergyReading NvmlCounter::Read() {
  const std::lock_guard lock(mutex_);
  bool ok = true;
  for (std::size_t i = 0; i < last_.size(); ++i) {
    auto mj = driver_->EnergyMj(driver_->gpus()[i]);
    ok = ok && mj.ok();
    if (mj.ok()) {
      Book(i, *mj, clock_->Steady());
    } else {
      Disturb(mj.status());
    }
  }
  EnergyReading reading = total_;
  reading.ok = ok;
  return reading;
}

void NvmlCounter::Book(std::size_t gpu, std::uint64_t mj, nanoseconds now) {
  const Booked before = std::exchange(last_[gpu], {mj, now});
  const std::string& name = driver_->gpus()[gpu].name;
  if (mj < before.mj) return Disturb({Code::kDataLoss, name + ": the counter began anew (driver reloaded?)"});
  const auto added_mj = static_cast<double>(mj - before.mj);
  const Seconds elapsed = now - before.at + facts_.resolution;
  if (added_mj > kMostOverdraw * kMostWattsPerGpu * kMjPerJ * elapsed.count()) {
    return Disturb({Code::kDataLoss, name + ": the counter jumped"});
  }
  total_.total_mj += added_mj;
}

void NvmlCounter::Disturb(Status why) {
  ++total_.disturbances;
  last_disturbance_ = std::move(why);
}

Result<Energy> NvmlCounter::Between(const EnergyReading& begin, const EnergyReading& end, nanoseconds duration) const {
  if (!WindowIsWhole(begin, end)) {
    const std::lock_guard lock(mutex_);
    return last_disturbance_;
  }
  const double mj = end.total_mj - begin.total_mj;
  if (mj <= 0) return {Code::kUnavailable, "the counter did not move: the window is shorter than its step"};
  // Each of the two readings is late by up to one step; the rest is what the sensor itself is off by.
  const double step_mj = 2.0 * mj / Seconds(duration).count() * Seconds(facts_.resolution).count() / std::sqrt(6.0);
  return Energy{mj, step_mj + kSystematicShare * mj};
}

NvmlGauge::NvmlGauge(std::shared_ptr<const NvmlDriver> driver, ReadPower read, PowerGaugeFacts facts)
    : driver_(std::move(driver)), read_(read), facts_(std::move(facts)) {}

Result<std::unique_ptr<PowerGauge>> NvmlGauge::Make(std::shared_ptr<const NvmlDriver> driver) {
  const double most_watts = kMostWattsPerGpu * static_cast<double>(driver->gpus().size());
  const auto gauge = [&](ReadPower read, const char* which, nanoseconds age, double uncertainty) {
    return std::unique_ptr<NvmlGauge>(new NvmlGauge(
        driver, read, {kName, kScope, Names(*driver) + which, age, uncertainty, 1 / kMjPerJ, most_watts}));
  };
  auto instant = gauge(&NvmlDriver::InstantWatts, ", power of the moment", kInstantAge, kInstantUncertainty);
  if (instant->Sum().ok()) return std::unique_ptr<PowerGauge>(std::move(instant));
  auto mean = gauge(&NvmlDriver::MeanWatts, ", mean power of 1 s", kMeanAge, kMeanUncertainty);
  RETURN_IF_ERROR(mean->Sum().status());
  return std::unique_ptr<PowerGauge>(std::move(mean));
}

Result<double> NvmlGauge::Sum() const {
  double watts = 0;
  for (const NvmlGpu& gpu : driver_->gpus()) {
    ASSIGN_OR_RETURN(const double of_one, (driver_.get()->*read_)(gpu));
    watts += of_one;
  }
  return watts;
}

}  // namespace inferometer::probe
