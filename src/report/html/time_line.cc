#include "report/html/time_line.h"

#include <algorithm>

namespace inferometer::report::html {
namespace {

Slice SliceOf(const Moment& moment) {
  Slice slice;
  slice.first = slice.last = moment.time;
  for (std::size_t i = 0; i < kRows; ++i) {
    if (const auto& value = moment.values[i]) slice.ranges[i] = Slice::Range{*value, *value};
  }
  slice.failed = static_cast<std::size_t>(moment.failed);
  slice.throttled = static_cast<std::size_t>(moment.throttled);
  return slice;
}

}  // namespace

void Slice::Add(const Slice& other) {
  first = std::min(first, other.first);
  last = std::max(last, other.last);
  for (std::size_t i = 0; i < kRows; ++i) {
    if (!other.ranges[i]) continue;
    if (!ranges[i]) ranges[i] = other.ranges[i];
    ranges[i]->least = std::min(ranges[i]->least, other.ranges[i]->least);
    ranges[i]->most = std::max(ranges[i]->most, other.ranges[i]->most);
  }
  failed += other.failed;
  throttled += other.throttled;
}

void TimeLine::Add(const Moment& moment) {
  ++count_;
  for (std::size_t i = 0; i < kRows; ++i) has_[i] = has_[i] || moment.values[i].has_value();
  if (!is_sliced()) {
    moments_.push_back(moment);
    return;
  }
  for (const Moment& earlier : moments_) AddToSlices(earlier);
  moments_ = {};
  AddToSlices(moment);
}

void TimeLine::Finish() { std::sort(moments_.begin(), moments_.end()); }

void TimeLine::AddToSlices(const Moment& moment) {
  const Slice slice = SliceOf(moment);
  const auto [place, is_new] = slices_.try_emplace(moment.time.time_since_epoch().count() >> shift_, slice);
  if (!is_new) place->second.Add(slice);
  while (Span() > kMostSlices) Widen();
}

std::size_t TimeLine::Span() const {
  return static_cast<std::size_t>(slices_.rbegin()->first - slices_.begin()->first) + 1;
}

void TimeLine::Widen() {
  ++shift_;
  std::map<std::int64_t, Slice> wider;
  for (const auto& [index, slice] : slices_) {
    const auto [place, is_new] = wider.try_emplace(index >> 1, slice);
    if (!is_new) place->second.Add(slice);
  }
  slices_ = std::move(wider);
}

std::vector<Slice> TimeLine::Slices() const {
  std::vector<Slice> slices;
  slices.reserve(slices_.size());
  for (const auto& [ignored, slice] : slices_) slices.push_back(slice);
  return slices;
}

std::chrono::microseconds TimeLine::slice_length() const {
  return std::chrono::microseconds(std::int64_t{1} << shift_);
}

}  // namespace inferometer::report::html
