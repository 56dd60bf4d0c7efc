#include "probe/energy/external_meter.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
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
using Side = MeterSamples::Side;

constexpr int kMostIntervals = 3;  // of the meter: a slow one has long gaps, which its uncertainty shows
constexpr std::uint64_t kEnoughSamples = 5;
constexpr std::uint64_t kLeastSamples = 2;
constexpr milliseconds kSettling(200);
constexpr std::chrono::seconds kPatience(3);
constexpr std::chrono::seconds kMorePatience(2);  // where something came: a meter of 1 Hz
constexpr unsigned kHundred = 100;
constexpr unsigned kMostRefusedInHundred = 1;
constexpr unsigned kMostOutOfTimeInARow = 10;

double MsOf(nanoseconds time) { return Seconds(time).count() * 1000; }

Status WithNextStep(const Status& failed, const std::string& path) {
  switch (failed.code()) {
    case Code::kPermissionDenied:
      return {failed.code(), fmt::format("{}; allow it: sudo chmod a+rw {}", failed.message(), path)};
    case Code::kNotFound:  // it was named, so that it is not just a machine that has none
      return {Code::kUnavailable, failed.message() + "; start the meter's program first, or correct the path"};
    default: return {failed.code(), failed.message() + "; is the meter's program running?"};
  }
}

}  // namespace

struct ExternalMeter::Window {
  MeterEdge begin;
  MeterEdge end;
  GaugeExtremes extremes;
  bool is_seen;  // a sample is later than its begin

  [[nodiscard]] nanoseconds LongestGap() const { return std::max(extremes.longest_gap, end.held); }
};

Result<std::unique_ptr<EnergySource>> OpenExternalMeter(const EnergyRoots& roots) {
  if (roots.external_meter.empty()) return {Code::kNotFound, "no external meter is named"};
  const std::string path = roots.external_meter.string();
  auto meter = std::make_unique<ExternalMeter>(path, roots.external_relative_uncertainty, roots.clock);
  const Status followed = meter->Follow(roots.external_meter);
  if (!followed.ok()) return WithNextStep(followed, path);
  meter->AwaitFirstSamples();
  RETURN_IF_ERROR(meter->Settle());
  return std::unique_ptr<EnergySource>(std::move(meter));
}

ExternalMeter::ExternalMeter(std::string name, double relative_uncertainty, const base::Clock* clock)
    : name_(std::move(name)), relative_uncertainty_(relative_uncertainty), clock_(clock), samples_(std::in_place) {}

ExternalMeter::~ExternalMeter() = default;

Status ExternalMeter::Follow(const std::filesystem::path& path) {
  MeterReader::Calls calls{[this](std::string_view bytes) { Feed(bytes); },
                           [this](Status why) { Lose(std::move(why)); }};
  ASSIGN_OR_RETURN(reader_, MeterReader::Start(path, std::move(calls)));
  return Ok();
}

void ExternalMeter::AwaitFirstSamples() {
  {
    std::unique_lock lock(mutex_);
    const auto has = [this](std::uint64_t samples) { return samples_->count() >= samples; };
    if (!news_.wait_for(lock, kPatience, [&] { return has(kEnoughSamples); }) && line_number_ > 0) {
      news_.wait_for(lock, kMorePatience, [&] { return has(kLeastSamples); });
    }
  }
  std::this_thread::sleep_for(kSettling);
}

Status ExternalMeter::Settle() {
  const std::lock_guard lock(mutex_);
  if (samples_->count() < kLeastSamples && !last_refusal_.ok()) {
    return {Code::kInvalidArgument, last_refusal_.message() + "; lines of \"seconds, watts\" are needed"};
  }
  if (samples_->count() < kLeastSamples) {
    return {Code::kUnavailable,
            fmt::format("{}: {} for {} s; is the meter's program running?", name_,
                        line_number_ == 0 ? "nothing came" : "hardly a line came", kPatience.count())};
  }
  alignment_.Decide();
  settled_ = true;
  const nanoseconds interval = samples_->MedianInterval();
  facts_ = {"external", "system", interval, false,
            fmt::format("{}, a sample every {:.3g} ms, {} to within {:.3g} ms", name_, MsOf(interval),
                        alignment_.Description(), MsOf(alignment_.Uncertainty(interval)))};
  return Ok();
}

void ExternalMeter::Feed(std::string_view bytes) {
  const Arrival arrival{clock_->Steady(), clock_->Wall().time_since_epoch()};
  lines_.Feed(bytes, [&](std::string_view line) { TakeLine(line, arrival); });
  news_.notify_all();
}

void ExternalMeter::TakeLine(std::string_view line, const Arrival& arrival) {
  if (std::exchange(at_first_line_, false)) {
    const std::lock_guard lock(mutex_);
    ++line_number_;
    return;
  }
  const auto sample = ParseMeterLine(line);
  const std::lock_guard lock(mutex_);
  ++line_number_;
  if (++lines_in_hundred_ > kHundred) {
    lines_in_hundred_ = 1;
    refused_in_hundred_ = 0;
  }
  if (!sample.ok()) return Refuse(sample.status());
  if (sample->has_value()) Accept(**sample, arrival);
}

void ExternalMeter::Accept(const MeterSample& sample, const Arrival& arrival) {
  if (alignment_.IsAhead(sample.stamp, arrival)) return RefuseTime("its time lies ahead");
  if (!samples_->Add({sample.stamp, sample.watts})) return RefuseTime("its time is not later than the one before");
  alignment_.Observe(sample.stamp, arrival);
  if (settled_ && !alignment_.is_decided()) alignment_.Decide();
  out_of_time_in_a_row_ = 0;
}

void ExternalMeter::Refuse(const Status& why) {
  ++refused_;
  last_refusal_ = {Code::kDataLoss,
                   fmt::format("{}: line {} since it was opened, byte {}: {} ({} refused so far)", name_, line_number_,
                               why.offset_bytes().value_or(0), why.message(), refused_)};
  if (++refused_in_hundred_ > kMostRefusedInHundred) Disturb(last_refusal_);
}

void ExternalMeter::RefuseTime(std::string why) {
  Refuse({Code::kDataLoss, std::move(why)});
  if (++out_of_time_in_a_row_ >= kMostOutOfTimeInARow) BeginAnew({Code::kDataLoss, name_ + ": its clock was set"});
}

void ExternalMeter::Lose(Status why) {
  lines_.Clear();
  at_first_line_ = true;
  const std::lock_guard lock(mutex_);
  BeginAnew(std::move(why));
}

void ExternalMeter::BeginAnew(Status why) {
  samples_.emplace();
  alignment_ = {};
  out_of_time_in_a_row_ = 0;
  Disturb(std::move(why));
}

void ExternalMeter::Disturb(Status why) {
  ++disturbances_;
  last_disturbance_ = std::move(why);
}

EnergyReading ExternalMeter::Begin() {
  const nanoseconds now = clock_->Steady();
  const std::lock_guard lock(mutex_);
  samples_->Begin();
  return ReadingAt(now);
}

EnergyReading ExternalMeter::Read() {
  const nanoseconds now = clock_->Steady();
  const std::lock_guard lock(mutex_);
  return ReadingAt(now);
}

EnergyReading ExternalMeter::ReadingAt(nanoseconds now) const {
  EnergyReading reading;
  reading.at = now;
  reading.disturbances = disturbances_;
  const auto edge = samples_->EdgeAt(alignment_.ToStamp(now), Side::kBegin);
  reading.ok = edge.has_value();
  if (!reading.ok) return reading;
  reading.total_mj = edge->total_mj;
  reading.roughness_mj2 = edge->roughness_mj2;
  reading.samples = edge->samples;
  reading.held = edge->held;
  reading.watts = samples_->last().watts;
  return reading;
}

// From the samples, where they are still kept; else what was known at the reading.
MeterEdge ExternalMeter::EdgeOf(const EnergyReading& reading, Side side) const {
  const auto edge = samples_->EdgeAt(alignment_.ToStamp(reading.at), side);
  if (edge.has_value()) return *edge;
  return {reading.total_mj, reading.roughness_mj2, reading.samples, reading.held};
}

ExternalMeter::Window ExternalMeter::WindowOf(const EnergyReading& begin, const EnergyReading& end) const {
  const nanoseconds from = alignment_.ToStamp(begin.at);
  const nanoseconds to = alignment_.ToStamp(end.at);
  const bool is_kept = samples_->EdgeAt(from, Side::kBegin).has_value();
  const nanoseconds margin = alignment_.Uncertainty(facts_.resolution);
  return {EdgeOf(begin, Side::kBegin), EdgeOf(end, Side::kEnd),
          is_kept ? samples_->ExtremesOf(from, to, margin) : samples_->SinceBegin(),
          samples_->count() > 0 && samples_->last().at > from};
}

Result<Energy> ExternalMeter::Between(const EnergyReading& begin, const EnergyReading& end,
                                      nanoseconds duration) const {
  const std::lock_guard lock(mutex_);
  if (!WindowIsWhole(begin, end) || end.disturbances != disturbances_) return WhyNotWhole();
  const Window window = WindowOf(begin, end);
  if (window.LongestGap() > std::max<nanoseconds>(MostGap(duration), kMostIntervals * facts_.resolution)) {
    return {Code::kUnavailable, fmt::format("{}: no sample for {:.0f} ms", name_, MsOf(window.LongestGap()))};
  }
  if (!window.is_seen) return {Code::kUnavailable, name_ + ": no sample of this window has come yet"};
  const double mj = window.end.total_mj - window.begin.total_mj;
  if (mj <= 0) return {Code::kUnavailable, name_ + ": it showed no power"};
  return Energy{mj, UncertaintyMj(mj, window, duration)};
}

double ExternalMeter::UncertaintyMj(double mj, const Window& window, nanoseconds duration) const {
  EnergyReading begin;
  begin.samples = window.begin.samples;
  begin.roughness_mj2 = window.begin.roughness_mj2;
  EnergyReading end;
  end.samples = window.end.samples;
  end.roughness_mj2 = window.end.roughness_mj2;
  PowerGaugeFacts facts;
  facts.averaging = alignment_.Uncertainty(facts_.resolution);
  facts.relative_uncertainty = relative_uncertainty_;
  const double curve_mj = GaugeUncertaintyMj(mj, begin, end, window.extremes, facts, duration);
  const double range_watts = samples_->Ever().most_watts - samples_->Ever().least_watts;
  return std::hypot(curve_mj, kMjPerJ * range_watts * Seconds(window.begin.held + window.end.held).count());
}

Status ExternalMeter::WhyNotWhole() const {
  if (!last_disturbance_.ok()) return last_disturbance_;
  return {Code::kUnavailable, name_ + ": no sample has come yet"};
}

SamplingFacts ExternalMeter::Sampling(const EnergyReading& begin, const EnergyReading& end) const {
  const std::lock_guard lock(mutex_);
  if (samples_->count() == 0) return {};
  const Window window = WindowOf(begin, end);
  return {window.end.samples - window.begin.samples + 1, window.LongestGap()};
}

void ExternalMeter::AwaitNews(milliseconds at_most) {
  const nanoseconds now = clock_->Steady();
  std::unique_lock lock(mutex_);
  news_.wait_for(lock, at_most, [&] { return samples_->count() > 0 && samples_->last().at > alignment_.ToStamp(now); });
}

std::uint64_t ExternalMeter::refused_lines() const {
  const std::lock_guard lock(mutex_);
  return refused_;
}

}  // namespace inferometer::probe
