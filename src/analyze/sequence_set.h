#pragma once
// A set of sequences that grows one by one.

#include <cstddef>
#include <cstdint>
#include <map>

namespace inferometer::analyze {

// Held as ranges: some 50 bytes for each run of sequences, however long it is. A sequence right behind the one that was
// put in last goes in without a search. One thread at a time.
class SequenceSet {
 public:
  SequenceSet() = default;
  SequenceSet(const SequenceSet&) = delete;
  SequenceSet& operator=(const SequenceSet&) = delete;

  // False when it was there already.
  bool Insert(std::uint32_t sequence) {
    if (latest_ != nullptr && sequence == latest_->second + std::uint64_t{1} && sequence + std::uint64_t{1} < next_) {
      latest_->second = sequence;
      return true;
    }
    return InsertAnywhere(sequence);
  }
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(std::uint32_t sequence) const;
  [[nodiscard]] std::size_t ranges() const { return ranges_.size(); }

 private:
  using Ranges = std::map<std::uint32_t, std::uint32_t>;  // first to last; no two of them touch
  bool InsertAnywhere(std::uint32_t sequence);
  void SetLatest(Ranges::iterator range);

  Ranges ranges_;
  Ranges::value_type* latest_ = nullptr;  // the range that holds what was put in last
  std::uint64_t next_ = 0;                // where the range behind it begins, or what no sequence reaches
};

}  // namespace inferometer::analyze
