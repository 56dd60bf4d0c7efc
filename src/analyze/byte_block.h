#pragma once
// Sixteen bytes looked at together. Each question answers with one bit a byte, the first byte lowest.

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

namespace inferometer::analyze {

inline constexpr std::uint64_t kEachByte = 0x0101010101010101;
inline constexpr std::uint64_t kHighBits = 0x8080808080808080;

// The byte at `place` is the lowest of the word. REQUIRES: a little-endian machine.
inline std::uint64_t LoadWord(const char* place) {
  std::uint64_t word = 0;
  std::memcpy(&word, place, sizeof word);
  return word;
}

// The same in plain words, for machines without SSE2 and for the tests.
class PortableByteBlock {
 public:
  static constexpr unsigned kBytes = 16;
  explicit PortableByteBlock(const char* place) : low_(LoadWord(place)), high_(LoadWord(place + 8)) {}
  [[nodiscard]] std::uint32_t EqualTo(char c) const {
    const std::uint64_t pattern = kEachByte * static_cast<unsigned char>(c);
    return Bits(~NotZero(low_ ^ pattern), ~NotZero(high_ ^ pattern));
  }
  // Bytes of at least `bound`, of 1 to 128.
  [[nodiscard]] std::uint32_t From(unsigned bound) const { return Bits(From(low_, bound), From(high_, bound)); }
  PortableByteBlock operator^(const PortableByteBlock& other) const { return {low_ ^ other.low_, high_ ^ other.high_}; }
  PortableByteBlock operator|(const PortableByteBlock& other) const { return {low_ | other.low_, high_ | other.high_}; }
  [[nodiscard]] bool IsZero() const { return (low_ | high_) == 0; }
  [[nodiscard]] std::uint32_t Digits() const {
    const std::uint64_t zeros = kEachByte * '0';
    return Bits(~From(low_ ^ zeros, 10), ~From(high_ ^ zeros, 10));
  }

 private:
  PortableByteBlock(std::uint64_t low, std::uint64_t high) : low_(low), high_(high) {}
  static std::uint64_t NotZero(std::uint64_t word) { return From(word, 1); }
  static std::uint64_t From(std::uint64_t word, unsigned bound) {
    return ((word & ~kHighBits) + kEachByte * (128 - bound)) | word;
  }
  // The high bits of all bytes, side by side.
  static std::uint32_t Bits(std::uint64_t low, std::uint64_t high) { return Bits(low) | Bits(high) << 8; }
  static std::uint32_t Bits(std::uint64_t word) {
    return static_cast<std::uint32_t>(((word & kHighBits) >> 7) * 0x0102040810204080 >> 56);
  }

  std::uint64_t low_;
  std::uint64_t high_;
};

#ifdef __SSE2__
class ByteBlock {
 public:
  static constexpr unsigned kBytes = 16;
  explicit ByteBlock(const char* place) { std::memcpy(&bytes_, place, sizeof bytes_); }
  [[nodiscard]] std::uint32_t EqualTo(char c) const { return Bits(_mm_cmpeq_epi8(bytes_, _mm_set1_epi8(c))); }
  ByteBlock operator^(const ByteBlock& other) const { return ByteBlock(_mm_xor_si128(bytes_, other.bytes_)); }
  ByteBlock operator|(const ByteBlock& other) const { return ByteBlock(_mm_or_si128(bytes_, other.bytes_)); }
  [[nodiscard]] bool IsZero() const { return Bits(_mm_cmpeq_epi8(bytes_, _mm_setzero_si128())) == 0xffff; }
  [[nodiscard]] std::uint32_t From(unsigned bound) const {
    const __m128i least = _mm_set1_epi8(static_cast<char>(bound));
    return Bits(_mm_cmpeq_epi8(_mm_max_epu8(bytes_, least), bytes_));
  }
  [[nodiscard]] std::uint32_t Digits() const {
    const __m128i values = _mm_sub_epi8(bytes_, _mm_set1_epi8('0'));
    return Bits(_mm_cmpeq_epi8(_mm_min_epu8(values, _mm_set1_epi8(9)), values));
  }

 private:
  static std::uint32_t Bits(__m128i marks) { return static_cast<std::uint32_t>(_mm_movemask_epi8(marks)); }
  explicit ByteBlock(__m128i bytes) : bytes_(bytes) {}
  __m128i bytes_;
};
#else
using ByteBlock = PortableByteBlock;
#endif

// Whether `size` bytes are the same, without a call. REQUIRES: sixteen bytes are readable at both places, however few
// are compared.
inline bool SameBytes(const char* a, const char* b, std::size_t size) {
  constexpr std::size_t kBlock = ByteBlock::kBytes;
  const auto change_at = [&](std::size_t at) { return ByteBlock(a + at) ^ ByteBlock(b + at); };
  if (size < kBlock) return (~change_at(0).EqualTo('\0') & ((1U << size) - 1)) == 0;
  ByteBlock changes = change_at(size - kBlock);  // may overlap the last whole block
  for (std::size_t at = 0; at + kBlock < size; at += kBlock) changes = changes | change_at(at);
  return changes.IsZero();
}

// How many bytes stand before the first marked one. REQUIRES: one is marked.
inline unsigned BytesBefore(std::uint32_t marks) { return static_cast<unsigned>(std::countr_zero(marks)); }

}  // namespace inferometer::analyze
