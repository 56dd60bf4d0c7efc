#include "analyze/sequence_set.h"

#include <iterator>
#include <limits>

namespace inferometer::analyze {

bool SequenceSet::InsertAnywhere(std::uint32_t sequence) {
  auto later = ranges_.upper_bound(sequence);
  auto range = later == ranges_.begin() ? ranges_.end() : std::prev(later);
  if (range != ranges_.end() && range->second >= sequence) return false;
  if (range != ranges_.end() && range->second + 1 == sequence) {
    range->second = sequence;
  } else {
    range = ranges_.emplace_hint(later, sequence, sequence);
  }
  if (later != ranges_.end() && later->first == sequence + 1) {
    range->second = later->second;
    ranges_.erase(later);
  }
  SetLatest(range);
  return true;
}

void SequenceSet::SetLatest(Ranges::iterator range) {
  constexpr std::uint64_t kNone = std::uint64_t{std::numeric_limits<std::uint32_t>::max()} + 2;
  latest_ = &*range;
  const auto behind = std::next(range);
  next_ = behind == ranges_.end() ? kNone : behind->first;
}

bool SequenceSet::Contains(std::uint32_t sequence) const {
  const auto later = ranges_.upper_bound(sequence);
  return later != ranges_.begin() && std::prev(later)->second >= sequence;
}

}  // namespace inferometer::analyze
