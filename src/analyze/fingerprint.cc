#include "analyze/fingerprint.h"

#include <algorithm>
#include <bit>
#include <utility>

namespace inferometer::analyze {
namespace {

constexpr std::size_t kFewestSlots = std::size_t{1} << 12;
constexpr std::size_t kMostFirstSlots = std::size_t{1} << 21;  // 32 MB: an expectation is only a guess

std::size_t FirstSlots(std::size_t expected) {
  return std::clamp(std::bit_ceil(std::min(expected, kMostFirstSlots) / 3 * 4), kFewestSlots, kMostFirstSlots);
}

}  // namespace

Hasher HasherOf(const GroupKey& key) {
  Hasher hasher;
  hasher.Add(key.device_id);
  hasher.Add(key.model_name);
  for (const auto& text : {key.compute_device, key.energy_source, key.energy_scope}) {
    hasher.Add(static_cast<std::uint64_t>(text.has_value()));
    if (text) hasher.Add(*text);
  }
  return hasher;
}

FingerprintSet::FingerprintSet(std::size_t expected) : slots_(FirstSlots(expected)), mask_(slots_.size() - 1) {}

bool FingerprintSet::Insert(const Fingerprint& fingerprint) {
  const std::size_t slot = SlotFor(fingerprint);
  if (slots_[slot] == fingerprint) return false;
  slots_[slot] = fingerprint;
  if (++size_ > slots_.size() / 4 * 3) Grow();
  return true;
}

std::size_t FingerprintSet::SlotFor(const Fingerprint& fingerprint) const {
  std::size_t slot = fingerprint.low & mask_;
  while (slots_[slot] != Fingerprint() && slots_[slot] != fingerprint) slot = (slot + 1) & mask_;
  return slot;
}

void FingerprintSet::Grow() {
  const std::vector<Fingerprint> old = std::exchange(slots_, std::vector<Fingerprint>(slots_.size() * 2));
  mask_ = slots_.size() - 1;
  for (const Fingerprint& fingerprint : old) {
    if (fingerprint != Fingerprint()) slots_[SlotFor(fingerprint)] = fingerprint;
  }
}

}  // namespace inferometer::analyze
