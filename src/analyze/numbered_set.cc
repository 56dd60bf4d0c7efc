#include "analyze/numbered_set.h"

#include <iterator>

namespace inferometer::analyze {
namespace {

// As the table takes it, which has no room for a `high` of 0.
Fingerprint InTable(const Fingerprint& fingerprint) { return {fingerprint.low, fingerprint.high | 1}; }

bool Follows(const Fingerprint& fingerprint, const Fingerprint& first, std::uint32_t last) {
  return fingerprint.sequence() == last + std::uint64_t{1} && fingerprint.Numbered(0) == first.Numbered(0);
}

}  // namespace

bool NumberedSet::Insert(const Fingerprint& fingerprint) {
  if (!FollowsLatest(fingerprint)) return InsertAnywhere(fingerprint);
  if (IsSingle(fingerprint)) return false;  // as the first of a range behind it is
  latest_->second = fingerprint.sequence();
  return true;
}

bool NumberedSet::Contains(const Fingerprint& fingerprint) const {
  const auto later = ranges_.upper_bound(fingerprint);
  if (later != ranges_.begin()) {
    const auto& [first, last] = *std::prev(later);
    if (first.Numbered(0) == fingerprint.Numbered(0) && fingerprint.sequence() <= last) return true;
  }
  return IsSingle(fingerprint);
}

bool NumberedSet::FollowsLatest(const Fingerprint& fingerprint) const {
  return latest_ != nullptr && Follows(fingerprint, latest_->first, latest_->second);
}

bool NumberedSet::IsSingle(const Fingerprint& fingerprint) const { return singles_.Contains(InTable(fingerprint)); }

bool NumberedSet::InsertAnywhere(const Fingerprint& fingerprint) {
  if (Contains(fingerprint)) return false;
  const auto later = ranges_.upper_bound(fingerprint);
  const auto before = later == ranges_.begin() ? ranges_.end() : std::prev(later);
  const std::uint32_t sequence = fingerprint.sequence();
  if (before != ranges_.end() && Follows(fingerprint, before->first, before->second)) {
    before->second = sequence;
    latest_ = &*before;
  } else if (sequence > 0 && IsSingle(fingerprint.Numbered(sequence - 1))) {
    latest_ = &*ranges_.emplace_hint(later, fingerprint.Numbered(sequence - 1), sequence);
  } else {
    singles_.Insert(InTable(fingerprint));
  }
  return true;
}

}  // namespace inferometer::analyze
