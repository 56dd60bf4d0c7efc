#pragma once
// Numbered fingerprints, which come by the thousand one after the other. Internal to fingerprint_set.h.

#include <cstddef>
#include <cstdint>
#include <map>

#include "analyze/fingerprint.h"
#include "analyze/fingerprint_table.h"

namespace inferometer::analyze {

// Those that follow one another are ranges, of some 64 bytes each however long; the first of a range, and whatever
// stands alone, is in a table. At most 54 bytes each, where all come in pairs. One that follows the one before goes in
// without a search. One thread at a time.
class NumberedSet {
 public:
  // False when it was there already. REQUIRES of both: it is numbered.
  bool Insert(const Fingerprint& fingerprint);
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(const Fingerprint& fingerprint) const;

  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }
  // How many stand in the table.
  [[nodiscard]] std::size_t singles() const { return singles_.size(); }

 private:
  using Ranges = std::map<Fingerprint, std::uint32_t>;  // the first one to the last one's sequence; none overlap

  [[nodiscard]] bool IsSingle(const Fingerprint& fingerprint) const;
  bool InsertAnywhere(const Fingerprint& fingerprint);

  Ranges ranges_;
  FingerprintTable singles_;
  // The range that grew last. A place in the map does not change when the set is moved.
  Ranges::value_type* latest_ = nullptr;
};

}  // namespace inferometer::analyze
