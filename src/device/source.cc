#include "device/source.h"

#include <condition_variable>
#include <mutex>
#include <utility>

#include "telemetry/pace.h"

namespace inferometer::device {
namespace {

constexpr std::size_t kOtherSensorsNamed = 8;
constexpr std::uint64_t kProblemsNamed = 10;

// Waits as long as the pace asks, or until `stop` is requested.
void Wait(std::chrono::nanoseconds wait, const std::stop_token& stop) {
  if (wait <= std::chrono::nanoseconds(0)) return;
  std::mutex mutex;
  std::condition_variable_any never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, wait, [] { return false; });
}

// Keeps the pace of recorded times: as long between two messages as between their times, `speed` times faster.
void KeepPace(std::optional<WallTime>& previous, WallTime now, std::optional<double> speed,
              const std::stop_token& stop) {
  Wait(telemetry::Pace(previous, now, speed), stop);
  previous = now;
}

}  // namespace

GeneratorSource::GeneratorSource(telemetry::Generator generator, std::uint64_t count, std::optional<double> speed)
    : generator_(std::move(generator)), left_(count), speed_(speed) {}

Result<std::optional<telemetry::SensorMessage>> GeneratorSource::Next(const std::stop_token& stop) {
  if (left_ == 0) return std::optional<telemetry::SensorMessage>();
  --left_;
  telemetry::SensorMessage message = generator_.Next();
  KeepPace(previous_, message.ts, speed_, stop);
  if (stop.stop_requested()) return std::optional<telemetry::SensorMessage>();
  return std::optional<telemetry::SensorMessage>(std::move(message));
}

Result<std::unique_ptr<Source>> ReplaySource::Open(const std::string& path, Options options,
                                                   std::function<void(const std::string&)> on_problem) {
  ASSIGN_OR_RETURN(os::Doorbell stopped, os::Doorbell::Make());
  std::unique_ptr<ReplaySource> source(new ReplaySource(std::move(stopped), std::move(options), std::move(on_problem)));
  ReplaySource* self = source.get();
  ASSIGN_OR_RETURN(auto replay,
                   telemetry::CsvReplay::Open(
                       path, [self](const Status& bad) { self->NameProblem(bad.message()); }, &self->stopped_));
  source->replay_.emplace(std::move(replay));
  return std::unique_ptr<Source>(std::move(source));
}

Result<std::optional<telemetry::SensorMessage>> ReplaySource::Next(const std::stop_token& stop) {
  const std::stop_callback ring(stop, [this] { stopped_.Ring(); });
  while (!stop.stop_requested()) {
    auto row = replay_->Next();
    if (!row.ok() && row.status().code() == Code::kCancelled) break;
    RETURN_IF_ERROR(row.status());
    if (!row->has_value()) {
      RETURN_IF_ERROR(AtEnd());
      break;
    }
    if (options_.sensor != "all" && (*row)->device_id != options_.sensor) {
      if (other_sensors_.size() < kOtherSensorsNamed) other_sensors_.insert((*row)->device_id);
      continue;
    }
    ++matched_;
    KeepPace(previous_, (*row)->ts, options_.speed, stop);
    return *row;
  }
  return std::optional<telemetry::SensorMessage>();
}

void ReplaySource::NameProblem(const std::string& problem) {
  ++problems_;
  if (problems_ <= kProblemsNamed) on_problem_("skipped a row: " + problem);
  if (problems_ == kProblemsNamed) on_problem_("further bad rows are counted, not named");
}

Status ReplaySource::AtEnd() const {
  if (problems_ > 0) on_problem_(std::to_string(problems_) + " rows of the replay were skipped");
  if (matched_ > 0 || other_sensors_.empty()) return Ok();
  std::string names;
  for (const std::string& sensor : other_sensors_) names += " " + sensor;
  return {Code::kNotFound,
          "no row of the replay is of " + options_.sensor + "; give --replay-sensor all, or one of:" + names};
}

}  // namespace inferometer::device
