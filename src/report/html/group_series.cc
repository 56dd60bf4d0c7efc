#include "report/html/group_series.h"

#include <algorithm>

#include "analyze/fingerprint.h"

namespace inferometer::report::html {
namespace {

using analyze::Block;

// The run that a record is of: its session, or the stream of its id (device/stream/sequence). Empty where it has
// neither.
std::string_view SessionOf(const InferenceRecord& record) {
  if (record.session_id) return *record.session_id;
  if (!record.record_id) return {};
  return std::string_view(*record.record_id).substr(0, record.record_id->rfind('/'));
}

std::uint64_t HashOf(const InferenceRecord& record) {
  analyze::Hasher hasher;
  if (record.record_id) hasher.Add(std::string_view(*record.record_id));
  if (record.timestamp) hasher.Add(static_cast<std::uint64_t>(record.timestamp->time_since_epoch().count()));
  return hasher.Finish().low;
}

}  // namespace

bool IsTimeKnown(const InferenceRecord& record) {
  return record.timestamp && (record.clock_state != kClockUnsynchronised || record.timestamp_rule);
}

void RunStarts::Add(std::string_view session, WallTime time) {
  if (too_many_ || session.empty()) return;
  const auto [run, is_new] = starts_.try_emplace(analyze::FingerprintOfText(session).low, time);
  if (!is_new) run->second = std::min(run->second, time);
  if (starts_.size() <= kMostRuns) return;
  too_many_ = true;
  starts_.clear();
}

std::set<WallTime> RunStarts::Starts() const {
  std::set<WallTime> times;
  for (const auto& [ignored, time] : starts_) times.insert(time);
  return times;
}

GroupSeries::GroupSeries(const analyze::Group& group, const Limits& limits)
    : time_line_(limits.moments), energy_by_speed_(limits.points), cool_(limits.points), throttled_(limits.points) {
  for (std::size_t i = 0; i < analyze::kBlocks; ++i) {
    if (const auto& spread = group.spreads[i]) histograms_[i].emplace(spread->min, spread->max, spread->count);
  }
}

void GroupSeries::Add(const analyze::RecordOrigin& origin, const InferenceRecord& record,
                      const analyze::RecordParts& parts) {
  for (std::size_t i = 0; i < analyze::kBlocks; ++i) {
    const auto value = ValueOf(parts.sample, static_cast<Block>(i));
    if (value && histograms_[i]) histograms_[i]->Add(*value);
  }
  const auto speed = ValueOf(parts.sample, Block::kTokensPerSecond);
  const auto energy_mj = ValueOf(parts.sample, Block::kEnergy);
  const std::uint64_t hash = HashOf(record);
  if (speed && energy_mj) energy_by_speed_.Add(hash, {*speed, *energy_mj});
  if (!record.failed()) AddHeat(record, hash, speed);
  AddMoment(record, speed);
  AddFlags(record);
  conditions_.Add(origin);
}

void GroupSeries::AddMoment(const InferenceRecord& record, std::optional<double> tokens_per_second) {
  if (!IsTimeKnown(record)) {
    ++without_time_;
    return;
  }
  Moment moment;
  moment.time = *record.timestamp;
  moment.failed = record.failed();
  if (!moment.failed) moment.values = {record.inference_time_ms, tokens_per_second, record.temperature_c};
  moment.throttled = !moment.failed && record.throttled.value_or(false);
  time_line_.Add(moment);
  runs_.Add(SessionOf(record), *record.timestamp);
}

void GroupSeries::AddHeat(const InferenceRecord& record, std::uint64_t hash, std::optional<double> tokens_per_second) {
  if (record.throttled) ++heat_.told;
  if (record.throttled == true) ++heat_.throttled;
  if (!record.temperature_c) return;
  const double celsius = *record.temperature_c;
  heat_.coolest_c = heat_.measured == 0 ? celsius : std::min(heat_.coolest_c, celsius);
  heat_.hottest_c = heat_.measured == 0 ? celsius : std::max(heat_.hottest_c, celsius);
  ++heat_.measured;
  if (!tokens_per_second) return;
  (record.throttled == true ? throttled_ : cool_).Add(hash, {celsius, *tokens_per_second});
}

void GroupSeries::AddFlags(const InferenceRecord& record) {
  for (const std::string& flag : record.flags) {
    if (flags_.size() < kMostFlags || flags_.contains(flag)) ++flags_[flag];
  }
}

}  // namespace inferometer::report::html
