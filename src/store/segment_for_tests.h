#pragma once
// For tests: a segment whose entries are known, to be damaged.

#include <cstdlib>
#include <string>
#include <vector>

#include "store/segment_format.h"
#include "store/segment_reader.h"

namespace inferometer::store {

// Whether the long forms of tests are wanted, as by `./check full`.
inline bool WantsFullTests() { return std::getenv("INFEROMETER_FULL_TESTS") != nullptr; }

// Digits of text as bytes; spaces are left out.
inline std::string Hex(std::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char digit : digits) {
    if (digit == ' ') continue;
    const int value = digit <= '9' ? digit - '0' : digit - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes += static_cast<char>(high * 16 + value);
      high = -1;
    }
  }
  return bytes;
}

// The bytes of a segment, and what stands in them.
class SegmentForTests {
 public:
  struct Placed {
    Entry entry;
    std::uint64_t end = 0;
  };

  explicit SegmentForTests(const SegmentPlace& place, const std::string& checkpoint = "state") : place_(place) {
    bytes_ = EncodeHeader({.segment = place.segment, .stream = place.stream, .begun = {}, .owner = "pi-07"});
    Add(EntryType::kCheckpoint, 0, checkpoint);
  }

  void Add(EntryType type, std::uint64_t sequence, const std::string& payload) {
    const std::uint64_t offset = AppendEntry(place_, bytes_.size(), type, sequence, payload, bytes_);
    entries_.push_back({{type, sequence, offset, payload}, bytes_.size()});
  }
  // Records with sequences from 1 on, as long as the segment is shorter; some cross a block's border.
  void FillTo(std::size_t bytes) {
    while (bytes_.size() < bytes) {
      const std::uint64_t sequence = ++last_sequence_;
      const std::size_t left = bytes - bytes_.size();
      std::string payload = "{\"sequence\":" + std::to_string(sequence) + ",\"fill\":\"";
      payload.append(std::min<std::size_t>(sequence % 23 == 0 ? 5000 : 60 + sequence * 7919 % 700, left),
                     static_cast<char>('a' + sequence % 26));
      Add(EntryType::kRecord, sequence, payload + "\"}");
    }
  }
  void Seal() {
    Add(EntryType::kSeal, last_sequence_, EncodeSeal({entries_.size(), last_sequence_ > 0 ? 1U : 0U, last_sequence_}));
  }

  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<Placed>& entries() const { return entries_; }
  // How many stand whole in the first `bytes`.
  [[nodiscard]] std::size_t WholeIn(std::uint64_t bytes) const {
    std::size_t count = 0;
    while (count < entries_.size() && entries_[count].end <= bytes) ++count;
    return count;
  }

 private:
  SegmentPlace place_;
  std::string bytes_;
  std::vector<Placed> entries_;
  std::uint64_t last_sequence_ = 0;
};

}  // namespace inferometer::store
