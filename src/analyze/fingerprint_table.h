#pragma once
// Fingerprints, each by itself. Internal to fingerprint_set.h and numbered_set.h.

#include <cstddef>
#include <cstdint>

#include "analyze/fingerprint.h"
#include "os/large_memory.h"

namespace inferometer::analyze {

// 16 bytes each, in a table that is at most three quarters full: 22 to 43 bytes. One thread at a time.
class FingerprintTable {
 public:
  // Has room for `expected` from the beginning, within reason.
  explicit FingerprintTable(std::size_t expected = 0);
  // False when it was there already. REQUIRES of both: `high` is not 0.
  bool Insert(const Fingerprint& fingerprint);
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(const Fingerprint& fingerprint) const {
    return slots()[SlotFor(fingerprint)] == fingerprint;
  }
  // Fetches what Insert of this fingerprint will look at.
  void Prefetch(const Fingerprint& fingerprint) const { __builtin_prefetch(&slots()[FirstSlotFor(fingerprint)], 1); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  // Neighbours of one stream differ in a few low bits of `high`, others in all.
  [[nodiscard]] std::size_t FirstSlotFor(const Fingerprint& fingerprint) const {
    constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
    return static_cast<std::size_t>(fingerprint.low + (fingerprint.high >> 1) * kOdd) & (slot_count_ - 1);
  }
  [[nodiscard]] std::size_t SlotFor(const Fingerprint& fingerprint) const;
  void Grow();
  [[nodiscard]] Fingerprint* slots() const { return static_cast<Fingerprint*>(memory_.data()); }

  std::size_t slot_count_;  // a power of two
  os::LargeMemory memory_;  // all zero is an empty slot
  std::size_t size_ = 0;
};

}  // namespace inferometer::analyze
