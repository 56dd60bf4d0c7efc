#include "report/html/collector.h"

#include <algorithm>
#include <numeric>

#include "analyze/row_builder.h"

namespace inferometer::report::html {
namespace {

constexpr std::size_t kMostMoments = 12'000;  // of all time lines together: what a page can hold

// The places of the groups with the most inferences; of two with as many, the earlier one.
std::vector<std::size_t> Largest(const std::vector<analyze::Group>& groups, std::size_t most) {
  std::vector<std::size_t> places(groups.size());
  std::iota(places.begin(), places.end(), std::size_t{0});
  std::stable_sort(places.begin(), places.end(), [&](std::size_t a, std::size_t b) {
    return groups[a].total_inferences > groups[b].total_inferences;
  });
  places.resize(std::min(places.size(), most));
  return places;
}

}  // namespace

Collector::Collector(const std::vector<analyze::Group>& groups) : index_(groups) {
  const std::vector<std::size_t> places = Largest(groups, kMostPictured);
  limits_.moments = std::min(limits_.moments, kMostMoments / std::max<std::size_t>(places.size(), 1));
  for (const std::size_t place : places) pictured_.try_emplace(place, groups[place], limits_);
}

void Collector::Add(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
  const analyze::RecordParts parts = analyze::PartsOf(record);
  const auto place =
      index_.Of(parts.texts.KeyOf(origin.file.folder_name, parts.sample.Has(analyze::Quantity::kEnergyMj)));
  if (!place) return;
  ++records_;
  if (IsTimeKnown(record)) {
    if (!period_) period_ = {*record.timestamp, *record.timestamp};
    period_->first = std::min(period_->first, *record.timestamp);
    period_->last = std::max(period_->last, *record.timestamp);
  }
  const auto series = pictured_.find(*place);
  if (series != pictured_.end()) series->second.Add(origin, record, parts);
}

void Collector::Finish() {
  for (auto& [ignored, series] : pictured_) series.Finish();
}

}  // namespace inferometer::report::html
