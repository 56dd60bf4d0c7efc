#pragma once
// The records that were seen.

#include <cstddef>

#include "analyze/fingerprint.h"
#include "analyze/fingerprint_table.h"
#include "analyze/numbered_set.h"

namespace inferometer::analyze {

// A set of fingerprints: numbered ones as ranges, next to nothing each where they count up, others by themselves. At
// most 54 bytes each. One thread at a time.
class FingerprintSet {
 public:
  // Has room for `expected` hashed ones from the beginning, within reason.
  explicit FingerprintSet(std::size_t expected = 0) : hashed_(expected) {}
  // False when it was there already.
  bool Insert(const Fingerprint& fingerprint) {
    const bool is_new = fingerprint.is_numbered() ? numbered_.Insert(fingerprint) : hashed_.Insert(fingerprint);
    size_ += static_cast<std::size_t>(is_new);
    return is_new;
  }
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(const Fingerprint& fingerprint) const {
    return fingerprint.is_numbered() ? numbered_.Contains(fingerprint) : hashed_.Contains(fingerprint);
  }
  // Fetches what Insert of this fingerprint will look at.
  void Prefetch(const Fingerprint& fingerprint) const {
    if (!fingerprint.is_numbered()) hashed_.Prefetch(fingerprint);
  }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  NumberedSet numbered_;
  FingerprintTable hashed_;
  std::size_t size_ = 0;
};

}  // namespace inferometer::analyze
