#include "trial/calibration.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "base/timestamp.h"
#include "inferometer/recorder.h"
#include "os/machine.h"
#include "probe/energy/energy_sources.h"
#include "trial/waiter.h"

namespace inferometer::trial {
namespace {

using Seconds = std::chrono::duration<double>;

// Loading warms the machine, and a load needs a moment until every core works.
constexpr std::chrono::seconds kSettle{2};
constexpr double kSteadyIdleShare = 0.05;

using Load = std::function<Result<std::uint64_t>(const std::function<bool()>& go_on)>;

// Runs a load on a thread of its own while it lives.
class RunningLoad {
 public:
  explicit RunningLoad(const Load& load)
      : since_(std::chrono::steady_clock::now()), thread_([this, load](const std::stop_token& stop) {
          tokens_ = load([&stop] { return !stop.stop_requested(); });
          took_ = std::chrono::steady_clock::now() - since_;
        }) {}

  // Tokens per second, or why the load failed. Once.
  Result<double> Stop() {
    thread_.request_stop();
    thread_.join();
    if (!tokens_.ok()) return tokens_.status();
    return static_cast<double>(*tokens_) / Seconds(took_).count();
  }

 private:
  const std::chrono::steady_clock::time_point since_;
  Result<std::uint64_t> tokens_ = std::uint64_t{0};  // of the thread, until it is joined
  std::chrono::nanoseconds took_{};                  // likewise
  std::jthread thread_;                              // last
};

class CalibrationRun {
 public:
  CalibrationRun(const CalibrationOptions& options, const CalibrationProgress& progress, const std::stop_token& stop)
      : options_(options), progress_(progress), stop_(stop), waiter_(stop) {}

  Result<Calibration> Run() {
    ASSIGN_OR_RETURN(meter_, OpenMeter(options_.roots));
    RETURN_IF_ERROR(LoadModel());
    if (!waiter_.Wait(kSettle)) return {Code::kCancelled, "stopped"};
    RETURN_IF_ERROR(MeasureIdle());
    RETURN_IF_ERROR(MeasureLoad("prefill", [this](const auto& go_on) { return engine_->EvaluatePromptsWhile(go_on); }));
    RETURN_IF_ERROR(MeasureLoad("decode", [this](const auto& go_on) { return engine_->DecodeTokensWhile(go_on); }));
    RETURN_IF_ERROR(CheckPoints());
    Describe();
    return std::move(calibration_);
  }

 private:
  Status LoadModel() {
    if (progress_) progress_("loading the model", 0, 0);
    ASSIGN_OR_RETURN(recorder_, Recorder::Create({.device_id = "calibration",
                                                  .energy = EnergyChoice::kNone,
                                                  .procfs = options_.model.procfs.string(),
                                                  .sysfs = options_.sysfs.string()}));
    const auto go_on = [this](float) { return !stop_.stop_requested(); };
    ASSIGN_OR_RETURN(engine_, engine::LlamaEngine::Load(options_.model, *recorder_, go_on));
    return Ok();
  }

  Result<PowerFigure> Measure(std::string_view phase, int seconds) {
    int done = 0;
    const auto wait = [&](std::chrono::nanoseconds duration) {
      if (progress_) progress_(phase, done++, seconds);
      return waiter_.Wait(duration);
    };
    return MeasurePower(*meter_, seconds, clock_, wait);
  }

  Status MeasureIdle() {
    ASSIGN_OR_RETURN(const PowerFigure power, Measure("idle", std::max(options_.seconds, kLeastIdleSeconds)));
    calibration_.points.push_back({"idle", power, std::nullopt});
    return Ok();
  }

  Status MeasureLoad(const char* phase, const Load& load) {
    RunningLoad running(load);
    if (!waiter_.Wait(kSettle)) return {Code::kCancelled, "stopped"};
    auto power = Measure(phase, options_.seconds);
    ASSIGN_OR_RETURN(const double tokens_per_second, running.Stop());
    if (!power.ok()) return power.status();
    calibration_.points.push_back({phase, *power, tokens_per_second});
    return Ok();
  }

  // A meter of something else, or one that is dead, shows the same under load as idle.
  Status CheckPoints() {
    const PowerFigure& idle = calibration_.points.front().power;
    for (const CalibratedPoint& point : calibration_.points) {
      if (&point.power == &idle || point.power.watts > idle.watts) continue;
      return {Code::kFailedPrecondition,
              fmt::format("the meter shows {:.2f} W in {}, and {:.2f} W idle: is it the meter of this machine, and was "
                          "the machine quiet?",
                          point.power.watts, point.name, idle.watts)};
    }
    if (idle.sd_watts > kSteadyIdleShare * idle.watts) {
      calibration_.warnings.push_back(
          fmt::format("idle power varied by {:.0f} % from second to second; quiet the machine and calibrate again",
                      100 * idle.sd_watts / idle.watts));
    }
    return Ok();
  }

  void Describe() {
    const auto point = [this](std::size_t i) {
      const PowerFigure& power = calibration_.points[i].power;
      return probe::OperatingPoint{power.watts, power.sd_watts};
    };
    probe::PowerProfile& profile = calibration_.profile;
    profile.machine = probe::MachineNameOf(os::DescribeMachine(options_.model.procfs, options_.sysfs));
    profile.measured_at = base::FormatRfc3339(clock_.Wall());
    profile.source = meter_->facts().name;
    profile.scope = meter_->facts().scope;
    profile.model_name = engine_->facts().name;
    profile.threads = engine_->facts().threads;
    profile.idle = point(0);
    profile.prefill = point(1);
    profile.decode = point(2);
  }

  const CalibrationOptions& options_;
  const CalibrationProgress& progress_;
  const std::stop_token& stop_;
  const base::SystemClock clock_;
  Waiter waiter_;
  std::unique_ptr<probe::EnergySource> meter_;
  std::unique_ptr<Recorder> recorder_;
  std::unique_ptr<engine::LlamaEngine> engine_;
  Calibration calibration_;
};

}  // namespace

Result<std::unique_ptr<probe::EnergySource>> OpenMeter(const probe::EnergyRoots& roots) {
  if (!roots.external_meter.empty()) {
    for (const probe::EnergyOpener& opener : probe::MainEnergySources()) {
      if (opener.name == "external") return opener.open(roots);
    }
    return {Code::kUnavailable, "this build reads no external meter"};
  }
  probe::OpenedEnergySource opened = probe::OpenBestEnergySource(roots);
  if (opened.source != nullptr) return std::move(opened.source);
  return {
      Code::kUnavailable,
      fmt::format("nothing here measures power, and a model is no meter: {}; attach a meter and name its stream with "
                  "--meter, or see what `inferometer doctor` says can be opened",
                  opened.not_used.for_people)};
}

Result<Calibration> Calibrate(const CalibrationOptions& options, const CalibrationProgress& progress,
                              const std::stop_token& stop) {
  return CalibrationRun(options, progress, stop).Run();
}

}  // namespace inferometer::trial
