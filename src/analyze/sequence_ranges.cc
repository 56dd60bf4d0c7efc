#include "analyze/sequence_ranges.h"

#include <algorithm>

namespace inferometer::analyze {

void Append(std::uint64_t sequence, SequenceRanges& ranges) {
  if (!ranges.empty() && ranges.back().to + 1 == sequence) {
    ++ranges.back().to;
  } else {
    ranges.push_back({sequence, sequence});
  }
}

SequenceRanges Normalised(SequenceRanges ranges) {
  std::sort(ranges.begin(), ranges.end(),
            [](const SequenceRange& a, const SequenceRange& b) { return a.from < b.from; });
  SequenceRanges set;
  for (const SequenceRange& one : ranges) {
    if (!set.empty() && one.from - 1 <= set.back().to) {
      set.back().to = std::max(set.back().to, one.to);
    } else {
      set.push_back(one);
    }
  }
  return set;
}

SequenceRanges Union(const SequenceRanges& a, const SequenceRanges& b) {
  SequenceRanges both = a;
  both.insert(both.end(), b.begin(), b.end());
  return Normalised(std::move(both));
}

SequenceRanges Without(const SequenceRanges& all, const SequenceRanges& taken) {
  SequenceRanges left;
  auto next = taken.begin();
  for (SequenceRange one : all) {
    while (next != taken.end() && next->to < one.from) ++next;
    for (auto at = next; at != taken.end() && at->from <= one.to && one.from <= one.to; ++at) {
      if (at->from > one.from) left.push_back({one.from, at->from - 1});
      one.from = at->to + 1;
    }
    if (one.from <= one.to) left.push_back(one);
  }
  return left;
}

std::uint64_t CountOf(const SequenceRanges& ranges) {
  std::uint64_t count = 0;
  for (const SequenceRange& one : ranges) count += one.to - one.from + 1;
  return count;
}

std::uint64_t HighestOf(const SequenceRanges& ranges) { return ranges.empty() ? 0 : ranges.back().to; }

}  // namespace inferometer::analyze
