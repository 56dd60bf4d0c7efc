#include "hub/recent_checksums.h"

#include <algorithm>

namespace inferometer::hub {
namespace {

constexpr std::size_t kLeast = 16;

}  // namespace

bool RecentChecksums::IsInRing(std::uint64_t sequence) const {
  return sequence <= newest_ && newest_ - sequence < ring_.size();
}

std::optional<std::uint32_t> RecentChecksums::Find(std::uint64_t sequence) const {
  if (!IsInRing(sequence)) return std::nullopt;
  const std::uint32_t found = ring_[sequence & (ring_.size() - 1)];
  return found == kEmpty ? std::nullopt : std::optional(found);
}

void RecentChecksums::Remember(std::uint64_t sequence, std::uint32_t checksum) {
  if (ring_.empty()) newest_ = oldest_ = sequence;
  GrowFor(sequence);
  if (sequence > newest_) AdvanceTo(sequence);
  if (!IsInRing(sequence)) return;
  oldest_ = std::min(oldest_, sequence);
  Place(sequence) = checksum;
}

void RecentChecksums::GrowFor(std::uint64_t sequence) {
  const std::uint64_t reach = std::max(sequence, newest_) - std::min(sequence, oldest_);
  std::size_t size = std::max(kLeast, ring_.size());
  while (size <= reach && size < kMost) size *= 2;
  if (size == ring_.size()) return;
  RecentChecksums grown;
  grown.ring_.resize(size, kEmpty);
  for (std::size_t back = 0; back < ring_.size() && back <= newest_; ++back) {
    grown.Place(newest_ - back) = Place(newest_ - back);
  }
  ring_ = std::move(grown.ring_);
}

// Empties the places of what was left out in between.
void RecentChecksums::AdvanceTo(std::uint64_t sequence) {
  const std::uint64_t steps = std::min<std::uint64_t>(sequence - newest_, ring_.size());
  for (std::uint64_t back = 0; back < steps; ++back) Place(sequence - back) = kEmpty;
  newest_ = sequence;
}

}  // namespace inferometer::hub
