#pragma once
// Which sequences of one stream need not be sent any more.

#include <cstddef>
#include <cstdint>
#include <map>

namespace inferometer::mqtt {

// A watermark, and the ranges above it that were handled out of order. Bounded: beyond kMostRanges the lowest one is
// forgotten, and its sequences count as not handled again. Not thread-safe.
class HandledSequences {
 public:
  static constexpr std::size_t kMostRanges = 1024;

  // Everything up to `upto` is handled.
  explicit HandledSequences(std::uint64_t upto) : upto_(upto) {}

  // Adds `from` to `to`, both included; returns how many of them are new. REQUIRES: from <= to.
  std::uint64_t Add(std::uint64_t from, std::uint64_t to);

  // The watermark: everything up to it is handled, the next one is not.
  [[nodiscard]] std::uint64_t upto() const { return upto_; }
  // How many are handled above the watermark.
  [[nodiscard]] std::uint64_t above() const { return above_count_; }
  // How many are not, up to `last`.
  [[nodiscard]] std::uint64_t OpenUpTo(std::uint64_t last) const;
  // The same watermark `upto`, and of the rest only what is handled behind `last`. REQUIRES: upto <= last
  [[nodiscard]] HandledSequences OnlyBehind(std::uint64_t last, std::uint64_t upto) const;
  [[nodiscard]] bool Contains(std::uint64_t sequence) const { return EndOfRun(sequence - 1) >= sequence; }
  // The end of the run of handled sequences that begins right behind `behind`; `behind` itself when the next one is not
  // handled.
  [[nodiscard]] std::uint64_t EndOfRun(std::uint64_t behind) const;

 private:
  std::uint64_t upto_;
  std::uint64_t above_count_ = 0;
  std::map<std::uint64_t, std::uint64_t> ranges_;  // first to last; above upto_ + 1, neither overlapping nor touching
};

}  // namespace inferometer::mqtt
