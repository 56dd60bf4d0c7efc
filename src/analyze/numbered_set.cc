#include "analyze/numbered_set.h"

#include <iterator>
#include <utility>

namespace inferometer::analyze {
namespace {

// As the table takes it, which has no room for a `high` of 0.
Fingerprint InTable(const Fingerprint& fingerprint) { return {fingerprint.low, fingerprint.high | 1}; }

using Range = std::pair<const Fingerprint, std::uint32_t>;

bool IsOfStream(const Range& range, const Fingerprint& fingerprint) {
  return range.first.Numbered(0) == fingerprint.Numbered(0);
}

// REQUIRES: the range does not begin behind it.
bool IsIn(const Range& range, const Fingerprint& fingerprint) {
  return fingerprint.sequence() <= range.second && IsOfStream(range, fingerprint);
}

bool Follows(const Fingerprint& fingerprint, const Range& range) {
  return fingerprint.sequence() == range.second + std::uint64_t{1} && IsOfStream(range, fingerprint);
}

}  // namespace

bool NumberedSet::Insert(const Fingerprint& fingerprint) {
  if (latest_ == nullptr || !Follows(fingerprint, *latest_)) return InsertAnywhere(fingerprint);
  if (IsSingle(fingerprint)) return false;  // as the first of a range behind it is
  latest_->second = fingerprint.sequence();
  return true;
}

bool NumberedSet::Contains(const Fingerprint& fingerprint) const {
  const auto later = ranges_.upper_bound(fingerprint);
  return (later != ranges_.begin() && IsIn(*std::prev(later), fingerprint)) || IsSingle(fingerprint);
}

bool NumberedSet::IsSingle(const Fingerprint& fingerprint) const { return singles_.Contains(InTable(fingerprint)); }

bool NumberedSet::InsertAnywhere(const Fingerprint& fingerprint) {
  const auto later = ranges_.upper_bound(fingerprint);
  Range* const before = later == ranges_.begin() ? nullptr : &*std::prev(later);
  if ((before != nullptr && IsIn(*before, fingerprint)) || IsSingle(fingerprint)) return false;
  const std::uint32_t sequence = fingerprint.sequence();
  if (before != nullptr && Follows(fingerprint, *before)) {
    before->second = sequence;
    latest_ = before;
  } else if (sequence > 0 && IsSingle(fingerprint.Numbered(sequence - 1))) {
    latest_ = &*ranges_.emplace_hint(later, fingerprint.Numbered(sequence - 1), sequence);
  } else {
    singles_.Insert(InTable(fingerprint));
  }
  return true;
}

}  // namespace inferometer::analyze
