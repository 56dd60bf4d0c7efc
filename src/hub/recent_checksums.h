#pragma once
// What the newest records of one stream looked like, to tell a repetition from a conflict.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace inferometer::hub {

// A ring of the checksums of the newest kMost sequences of a stream; smaller while there are fewer. Sequences may come
// in any order and with gaps. Copyable value; one thread at a time.
class RecentChecksums {
 public:
  static constexpr std::size_t kMost = 1024;

  // A sequence that is too far behind the newest is passed over.
  void Remember(std::uint64_t sequence, std::uint32_t checksum);
  // Nothing where it was not remembered, or is forgotten, and for the one checksum that stands for an empty place.
  [[nodiscard]] std::optional<std::uint32_t> Find(std::uint64_t sequence) const;
  // All that it takes.
  [[nodiscard]] std::size_t bytes() const { return sizeof *this + ring_.size() * sizeof(std::uint32_t); }

 private:
  static constexpr std::uint32_t kEmpty = 0;
  [[nodiscard]] std::uint32_t& Place(std::uint64_t sequence) { return ring_[sequence & (ring_.size() - 1)]; }
  [[nodiscard]] bool IsInRing(std::uint64_t sequence) const;
  void GrowFor(std::uint64_t sequence);
  void AdvanceTo(std::uint64_t sequence);

  std::vector<std::uint32_t> ring_;  // a power of two; a sequence stands at its own number modulo the size
  std::uint64_t newest_ = 0;
  std::uint64_t oldest_ = 0;  // ever remembered
};

}  // namespace inferometer::hub
