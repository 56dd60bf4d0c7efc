#pragma once
// Telling whether two records are the same one, in 16 bytes each.

#include <bit>
#include <compare>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "analyze/sample.h"
#include "inferometer/record.h"

namespace inferometer::analyze {

// 128 bits. Equal for equal records; two different ones of a billion are equal with a chance below 1e-20, those of two
// streams of a million with a chance below 1e-16. Not made to withstand a writer who wants his own records to be taken
// for one another.
//
// Either all of it is a hash, or it is "numbered": 95 bits are the hash of the stream, 32 are the sequence as it is, so
// that what a set knows of a stream is a few ranges.
struct Fingerprint {
  std::uint64_t low = 0;
  std::uint64_t high = 0;  // numbered: 31 bits of hash, the sequence, a bit of 0; else odd
  auto operator<=>(const Fingerprint&) const = default;  // of one stream: by sequence

  [[nodiscard]] bool is_numbered() const { return (high & 1) == 0; }
  // REQUIRES: it is numbered.
  [[nodiscard]] std::uint32_t sequence() const { return static_cast<std::uint32_t>(high >> 1); }
  // The same with another sequence: with 0, what all of a stream have in common.
  [[nodiscard]] Fingerprint Numbered(std::uint32_t sequence) const {
    return {low, (high & kStreamBits) | std::uint64_t{sequence} << 1};
  }

 private:
  static constexpr std::uint64_t kStreamBits = ~std::uint64_t{0} << 33;
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
    return {last.low_, last.high_ | 1};  // not numbered
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

// Of any text, not numbered.
[[nodiscard]] inline Fingerprint FingerprintOfText(std::string_view text) {
  Hasher hasher;
  hasher.Add(text);
  return hasher.Finish();
}

// A record that has an id is known by it alone. Numbered where the id ends in a slash and a sequence below 2^32.
[[nodiscard]] Fingerprint FingerprintOfId(std::string_view record_id);

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

}  // namespace inferometer::analyze
