#pragma once
// Telling whether two records are the same one, in 16 bytes each.

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "analyze/sample.h"
#include "inferometer/record.h"
#include "os/large_memory.h"

namespace inferometer::analyze {

// 128 bits. Equal for equal records; two different ones of a billion are equal with a chance below 1e-20. Not made to
// withstand a writer who wants his own records to be taken for one another.
struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const Fingerprint&) const = default;
};

__extension__ using Wide = unsigned __int128;

// Takes in words one by one: each is multiplied to twice its length, and both halves go on.
class Hasher {
 public:
  void Add(std::uint64_t word) {
    const Wide product = static_cast<Wide>(low_ ^ word) * kOdd;
    low_ = static_cast<std::uint64_t>(product) ^ high_;
    high_ = static_cast<std::uint64_t>(product >> 64) + std::rotl(low_, 29);
  }
  void Add(double value) {
    std::uint64_t word = 0;
    std::memcpy(&word, &value, sizeof word);
    Add(word);
  }
  void Add(std::string_view text) {
    Add(static_cast<std::uint64_t>(text.size()));
    for (; text.size() >= sizeof(std::uint64_t); text.remove_prefix(sizeof(std::uint64_t))) {
      Add(Word(text, sizeof(std::uint64_t)));
    }
    if (!text.empty()) Add(Word(text, text.size()));
  }
  [[nodiscard]] Fingerprint Finish() const {
    Hasher last = *this;
    last.Add(kLast);
    last.Add(kLast);
    return {last.low_, last.high_ | 1};  // high is never 0
  }

 private:
  static constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
  static constexpr std::uint64_t kLast = 0xa0761d6478bd642f;
  static std::uint64_t Word(std::string_view text, std::size_t bytes) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), bytes);
    return word;
  }
  std::uint64_t low_ = 0x243f6a8885a308d3;
  std::uint64_t high_ = 0x13198a2e03707344;
};

// A record that has an id is known by it alone.
[[nodiscard]] inline Fingerprint FingerprintOfId(std::string_view record_id) {
  Hasher hasher;
  hasher.Add(record_id);
  return hasher.Finish();
}

// The hash of what tells apart the records of one device, model and kind of energy; made once for many records.
[[nodiscard]] Hasher HasherOf(const GroupKey& key);

// A record without an id is known by its device, model, time and measured values. `hasher` is HasherOf its key without
// the device's name: the same file may lie in two folders.
[[nodiscard]] inline Fingerprint FingerprintOfValues(Hasher hasher, WallTime timestamp, const Sample& sample) {
  hasher.Add(static_cast<std::uint64_t>(timestamp.time_since_epoch().count()));
  hasher.Add(static_cast<std::uint64_t>(sample.present()) << 1 | static_cast<std::uint64_t>(sample.failed));
  sample.ForEach([&](double value) { hasher.Add(value); });
  return hasher.Finish();
}

// A set of fingerprints: 16 bytes each in a table that is at most three quarters full. One thread at a time.
class FingerprintSet {
 public:
  // Has room for `expected` from the beginning, within reason.
  explicit FingerprintSet(std::size_t expected = 0);
  // False when it was there already.
  bool Insert(const Fingerprint& fingerprint);
  // Safe from any thread while nobody inserts.
  [[nodiscard]] bool Contains(const Fingerprint& fingerprint) const {
    return slots()[SlotFor(fingerprint)] == fingerprint;
  }
  // Fetches what Insert of this fingerprint will look at.
  void Prefetch(const Fingerprint& fingerprint) const { __builtin_prefetch(&slots()[FirstSlotFor(fingerprint)], 1); }
  [[nodiscard]] std::size_t size() const { return size_; }

 private:
  [[nodiscard]] std::size_t FirstSlotFor(const Fingerprint& fingerprint) const {
    return static_cast<std::size_t>(fingerprint.low) & (slot_count_ - 1);
  }
  [[nodiscard]] std::size_t SlotFor(const Fingerprint& fingerprint) const;
  void Grow();
  [[nodiscard]] Fingerprint* slots() const { return static_cast<Fingerprint*>(memory_.data()); }

  std::size_t slot_count_;  // a power of two
  os::LargeMemory memory_;  // all zero is an empty slot
  std::size_t size_ = 0;
};

}  // namespace inferometer::analyze
