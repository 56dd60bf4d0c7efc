#include "analyze/fingerprint_table.h"

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

FingerprintTable::FingerprintTable(std::size_t expected)
    : slot_count_(FirstSlots(expected)), memory_(slot_count_ * sizeof(Fingerprint)) {}

bool FingerprintTable::Insert(const Fingerprint& fingerprint) {
  Fingerprint& slot = slots()[SlotFor(fingerprint)];
  if (slot == fingerprint) return false;
  slot = fingerprint;
  if (++size_ > slot_count_ / 4 * 3) Grow();
  return true;
}

std::size_t FingerprintTable::SlotFor(const Fingerprint& fingerprint) const {
  std::size_t slot = FirstSlotFor(fingerprint);
  while (slots()[slot].high != 0 && slots()[slot] != fingerprint) slot = (slot + 1) & (slot_count_ - 1);
  return slot;
}

void FingerprintTable::Grow() {
  const std::size_t old_count = std::exchange(slot_count_, slot_count_ * 2);
  const os::LargeMemory old = std::exchange(memory_, os::LargeMemory(slot_count_ * sizeof(Fingerprint)));
  const auto* fingerprints = static_cast<const Fingerprint*>(old.data());
  for (std::size_t i = 0; i < old_count; ++i) {
    if (fingerprints[i].high != 0) slots()[SlotFor(fingerprints[i])] = fingerprints[i];
  }
}

}  // namespace inferometer::analyze
