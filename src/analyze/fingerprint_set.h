#pragma once
// The records that were seen.

#include <cstddef>
#include <cstdint>
#include <unordered_map>

#include "analyze/fingerprint.h"
#include "analyze/sequence_set.h"
#include "os/large_memory.h"

namespace inferometer::analyze {

// A set of fingerprints: numbered ones as ranges of their stream (sequence_set.h: next to nothing where they count up,
// 48 bytes each at most), the others as 16 bytes each in a table that is at most three quarters full (22 to 43 bytes).
// One thread at a time.
class FingerprintSet {
 public:
  // Its table has room for `expected` from the beginning, within reason.
  explicit FingerprintSet(std::size_t expected = 0);
  // False when it was there already.
  bool Insert(const Fingerprint& fingerprint);
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(const Fingerprint& fingerprint) const;
  // Fetches what Insert of this fingerprint will look at.
  void Prefetch(const Fingerprint& fingerprint) const {
    if (!fingerprint.is_numbered()) __builtin_prefetch(&slots()[FirstSlotFor(fingerprint)], 1);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  struct StreamHash {
    std::size_t operator()(const Fingerprint& stream) const { return static_cast<std::size_t>(stream.low); }
  };
  bool InsertNumbered(const Fingerprint& fingerprint);
  bool InsertIntoTable(const Fingerprint& fingerprint);
  [[nodiscard]] std::size_t FirstSlotFor(const Fingerprint& fingerprint) const {
    return static_cast<std::size_t>(fingerprint.low) & (slot_count_ - 1);
  }
  [[nodiscard]] std::size_t SlotFor(const Fingerprint& fingerprint) const;
  void Grow();
  [[nodiscard]] Fingerprint* slots() const { return static_cast<Fingerprint*>(memory_.data()); }

  std::unordered_map<Fingerprint, SequenceSet, StreamHash> streams_;
  decltype(streams_)::value_type* latest_stream_ = nullptr;
  std::size_t slot_count_;  // a power of two
  os::LargeMemory memory_;  // all zero is an empty slot
  std::size_t in_table_ = 0;
  std::size_t size_ = 0;
};

}  // namespace inferometer::analyze
