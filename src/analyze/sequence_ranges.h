#pragma once
// Sets of sequences as ranges: sorted, apart, both ends included. Pure functions.

#include <cstdint>
#include <vector>

namespace inferometer::analyze {

struct SequenceRange {
  std::uint64_t from = 0;
  std::uint64_t to = 0;  // not below from
  friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

using SequenceRanges = std::vector<SequenceRange>;

// Puts a sequence behind what was put in before; 16 bytes where it does not continue the last range.
void Append(std::uint64_t sequence, SequenceRanges& ranges);

// Any ranges as a set.
[[nodiscard]] SequenceRanges Normalised(SequenceRanges ranges);

// REQUIRES of all below: sets.
[[nodiscard]] SequenceRanges Union(const SequenceRanges& a, const SequenceRanges& b);
[[nodiscard]] SequenceRanges Without(const SequenceRanges& all, const SequenceRanges& taken);
[[nodiscard]] std::uint64_t CountOf(const SequenceRanges& ranges);
// The highest sequence; 0: none.
[[nodiscard]] std::uint64_t HighestOf(const SequenceRanges& ranges);

}  // namespace inferometer::analyze
