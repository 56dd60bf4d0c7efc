#include "probe/energy/meter_samples.h"

#include <algorithm>

#include "base/units.h"

namespace inferometer::probe {
namespace {

using base::kMjPerJ;
using std::chrono::nanoseconds;
using Seconds = std::chrono::duration<double>;

constexpr std::size_t kKept = 4096;

void Widen(GaugeExtremes& extremes, double watts) {
  extremes.least_watts = std::min(extremes.least_watts, watts);
  extremes.most_watts = std::max(extremes.most_watts, watts);
}

double WattsOnLine(const PowerSample& before, const PowerSample& after, nanoseconds at) {
  const double share = Seconds(at - before.at) / Seconds(after.at - before.at);
  return before.watts + share * (after.watts - before.watts);
}

}  // namespace

MeterSamples::MeterSamples() : entries_(kKept) {}

bool MeterSamples::Add(PowerSample sample) {
  if (count_ > 0 && sample.at <= last().at) return false;
  if (count_ == 0) since_begin_ = ever_ = {sample.watts, sample.watts, {}};
  const nanoseconds gap = count_ > 0 ? sample.at - last().at : nanoseconds(0);
  for (GaugeExtremes* extremes : {&since_begin_, &ever_}) {
    Widen(*extremes, sample.watts);
    extremes->longest_gap = std::max(extremes->longest_gap, gap);
  }
  integrator_.Add(sample);
  const EnergyReading total = integrator_.Total();
  entries_[count_++ % entries_.size()] = {sample, total.total_mj, total.roughness_mj2};
  return true;
}

std::uint64_t MeterSamples::FirstLaterThan(nanoseconds at) const {
  std::uint64_t low = FirstKept();
  std::uint64_t high = count_;
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    if (At(middle).sample.at > at) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

std::optional<MeterEdge> MeterSamples::EdgeAt(nanoseconds at, Side side) const {
  const std::uint64_t after = FirstLaterThan(at);
  if (after == FirstKept()) return std::nullopt;
  const Entry& before = At(after - 1);
  const nanoseconds since = at - before.sample.at;
  const bool is_held = after == count_;
  const double watts = is_held ? before.sample.watts : WattsOnLine(before.sample, At(after).sample, at);
  MeterEdge edge;
  edge.total_mj = before.total_mj + kMjPerJ * Seconds(since).count() * (before.sample.watts + watts) / 2;
  const bool to_after = side == Side::kEnd && !is_held;
  edge.roughness_mj2 = to_after ? At(after).roughness_mj2 : before.roughness_mj2;
  edge.samples = to_after ? after + 1 : after;
  if (is_held) edge.held = since;
  return edge;
}

GaugeExtremes MeterSamples::ExtremesOf(nanoseconds begin, nanoseconds end, nanoseconds margin) const {
  const std::uint64_t first = std::max(FirstLaterThan(begin - margin), FirstKept() + 1) - 1;
  const std::uint64_t last = std::min(FirstLaterThan(end + margin), count_ - 1);
  const double watts = At(first).sample.watts;
  GaugeExtremes extremes{watts, watts, {}};
  for (std::uint64_t i = first + 1; i <= last; ++i) {
    const PowerSample& before = At(i - 1).sample;
    const PowerSample& sample = At(i).sample;
    Widen(extremes, sample.watts);
    if (sample.at > begin && before.at < end) {
      extremes.longest_gap = std::max(extremes.longest_gap, sample.at - before.at);
    }
  }
  return extremes;
}

void MeterSamples::Begin() {
  if (count_ > 0) since_begin_ = {last().watts, last().watts, {}};
}

nanoseconds MeterSamples::MedianInterval() const {
  std::vector<nanoseconds> intervals;
  for (std::uint64_t i = FirstKept() + 1; i < count_; ++i) intervals.push_back(At(i).sample.at - At(i - 1).sample.at);
  const auto middle = intervals.begin() + static_cast<std::ptrdiff_t>(intervals.size() / 2);
  std::nth_element(intervals.begin(), middle, intervals.end());
  return *middle;
}

}  // namespace inferometer::probe
