#include "mqtt/handled_sequences.h"

#include <algorithm>
#include <cassert>
#include <iterator>

namespace inferometer::mqtt {

std::uint64_t HandledSequences::Add(std::uint64_t from, std::uint64_t to) {
  assert(from <= to);
  from = std::max(from, upto_ + 1);
  if (from > to) return 0;
  std::uint64_t known = 0;
  std::uint64_t first = from;
  std::uint64_t last = to;
  // All ranges that overlap or touch become one.
  auto range = ranges_.lower_bound(from);
  if (range != ranges_.begin() && std::prev(range)->second + 1 >= from) --range;
  while (range != ranges_.end() && range->first <= to + 1) {
    const std::uint64_t begin = std::max(range->first, from);
    const std::uint64_t end = std::min(range->second, to);
    known += begin <= end ? end - begin + 1 : 0;
    first = std::min(first, range->first);
    last = std::max(last, range->second);
    above_count_ -= range->second - range->first + 1;
    range = ranges_.erase(range);
  }
  if (first == upto_ + 1) {
    upto_ = last;
  } else {
    ranges_.emplace(first, last);
    above_count_ += last - first + 1;
  }
  if (ranges_.size() > kMostRanges) {
    above_count_ -= ranges_.begin()->second - ranges_.begin()->first + 1;
    ranges_.erase(ranges_.begin());
  }
  return to - from + 1 - known;
}

std::uint64_t HandledSequences::EndOfRun(std::uint64_t behind) const {
  if (behind <= upto_) return upto_;
  const auto after = ranges_.upper_bound(behind + 1);
  if (after == ranges_.begin()) return behind;
  return std::max(behind, std::prev(after)->second);
}

std::uint64_t HandledSequences::OpenUpTo(std::uint64_t last) const {
  if (last <= upto_) return 0;
  std::uint64_t above = above_count_;
  for (auto range = ranges_.rbegin(); range != ranges_.rend() && range->second > last; ++range) {
    above -= range->second - std::max(range->first, last + 1) + 1;
  }
  return last - upto_ - above;
}

HandledSequences HandledSequences::OnlyBehind(std::uint64_t last, std::uint64_t upto) const {
  assert(upto <= last);
  HandledSequences rest(upto);
  if (upto_ > last) rest.Add(last + 1, upto_);
  for (auto range = ranges_.rbegin(); range != ranges_.rend() && range->second > last; ++range) {
    rest.Add(std::max(range->first, last + 1), range->second);
  }
  return rest;
}

}  // namespace inferometer::mqtt
