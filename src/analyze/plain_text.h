#pragma once
// Reading plain JSON tokens sixteen bytes at a time, without a branch per byte. Every function may read up to 32 bytes
// past what it accepts, answers with the end of the token, and with nullptr for whatever is not plain: its caller then
// leaves the text to simdjson. What is accepted here, simdjson accepts with the same value (fuzz/fuzz_metrics_file.cc
// holds the two against each other). A zero byte ends every token.

#include <bit>
#include <cstdint>

#include "analyze/byte_block.h"

namespace inferometer::analyze {

// The number that the first `count` bytes spell. REQUIRES: they are digits; `count` is 1 to 8.
inline std::uint64_t DigitsValue(std::uint64_t word, unsigned count) {
  std::uint64_t digits = (word ^ (kEachByte * '0')) << (64 - 8 * count);
  digits = (digits * 10 + (digits >> 8)) & 0x00ff00ff00ff00ff;
  digits = (digits * 100 + (digits >> 16)) & 0x0000ffff0000ffff;
  return (digits * 10000 + (digits >> 32)) & 0x00000000ffffffff;
}

// Whether the first `count` bytes are digits. REQUIRES: `count` is 1 to 8.
inline bool AreDigits(std::uint64_t word, unsigned count) {
  const std::uint64_t values = (word ^ (kEachByte * '0')) << (64 - 8 * count);
  return (((values + kEachByte * (128 - 10)) | values) & kHighBits) == 0;
}

// Any JSON number, correctly rounded; nullptr when it is none or too large.
const char* ReadAnyNumber(const char* place, double* value);

// How many of the first bytes are digits: 0 to 16.
inline unsigned LeadingDigits(const char* place) { return BytesBefore(ByteBlock(place).Digits() ^ 0x1ffff); }

// Powers of ten by which a number's digits are divided, once, which rounds correctly.
inline constexpr double kPowersOfTen[] = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7};

// The high bit of every byte that is none of "-./0123456789".
inline std::uint64_t NoNumberBytes(std::uint64_t word) {
  const std::uint64_t from_dash = (word | kHighBits) - kEachByte * '-';
  const std::uint64_t above_nine = (word & ~kHighBits) + kEachByte * (127 - '9');
  return (~from_dash | above_nine | word) & kHighBits;
}

// The high bit of the lowest byte of `word` that is `c`; higher bits may be anything. 0 when none is.
inline std::uint64_t FirstByte(std::uint64_t word, char c) {
  const std::uint64_t zero_there = word ^ (kEachByte * static_cast<unsigned char>(c));
  return (zero_there - kEachByte) & ~zero_there & kHighBits;
}

// How many bytes stand before the first one whose high bit is set. REQUIRES: there is one, and no lower bits.
inline unsigned BytesBeforeMark(std::uint64_t high_bits) {
  return static_cast<unsigned>(std::countr_zero(high_bits)) / 8;
}

// A JSON number, correctly rounded. Most are shorter than a word, and are read from one.
inline const char* ReadNumber(const char* place, double* value) {
  std::uint64_t digits = LoadWord(place);
  const std::uint64_t stops = NoNumberBytes(digits);
  if (stops == 0) return ReadAnyNumber(place, value);
  unsigned count = BytesBeforeMark(stops);
  const char* after = place + count;
  unsigned decimals = 0;
  const std::uint64_t points = FirstByte(digits, '.') & (stops ^ (stops - 1));
  if (points != 0) {
    const std::uint64_t before_point = ((points & (~points + 1)) >> 7) - 1;
    digits = (digits & before_point) | ((digits >> 8) & ~before_point);
    --count;
    decimals = count - BytesBeforeMark(points);
    if (decimals == 0) return nullptr;
  }
  const bool is_usual = count > decimals && AreDigits(digits, count) && (*place != '0' || count == decimals + 1);
  if (!is_usual || (*after | 0x20) == 'e') return ReadAnyNumber(place, value);
  const std::uint64_t shifted = DigitsValue(digits, count);
  *value = static_cast<double>(static_cast<std::int64_t>(shifted)) / kPowersOfTen[decimals];
  return after;
}

// A whole number of at most 7 digits.
inline const char* ReadWholeNumber(const char* place, double* value) {
  const unsigned digits = LeadingDigits(place);
  if (digits == 0 || digits > 7 || (*place == '0' && digits > 1)) return nullptr;
  *value = static_cast<double>(static_cast<std::int64_t>(DigitsValue(LoadWord(place), digits)));
  return place + digits;
}

// Which of sixteen bytes are among "-./0123456789".
inline std::uint32_t NumberBytes(const char* place) {
  const ByteBlock block(place);
  return block.From('-') & ~block.From('9' + 1);
}

// Passes over digits, points and signs, and an exponent: what it passes over is not read by simdjson either. Two blocks
// at a time hold every usual number, so that the length of one does not decide a branch.
inline const char* SkipNumber(const char* at) {
  constexpr unsigned kStep = 2 * ByteBlock::kBytes;
  for (const char* begin = at;;) {
    const std::uint32_t passed = NumberBytes(at) | NumberBytes(at + ByteBlock::kBytes) << ByteBlock::kBytes;
    const auto length = static_cast<unsigned>(std::countr_one(passed));
    at += length;
    if (length == kStep) continue;
    if (at == begin) return nullptr;
    if ((*at | 0x20) != 'e') return at;
    at += at[1] == '+' ? 2 : 1;
  }
}

// From just behind the opening quote to the closing one; printable ASCII without backslashes.
inline const char* FindStringEnd(const char* at) {
  for (;; at += ByteBlock::kBytes) {
    const ByteBlock block(at);
    const std::uint32_t stops =
        block.EqualTo('"') | block.EqualTo('\\') | (block.From(0x20) ^ 0xffff) | block.From(0x80);
    if (stops == 0) continue;
    at += BytesBefore(stops);
    return *at == '"' ? at : nullptr;
  }
}

// From just behind the opening bracket to behind the closing one; holds numbers and plain strings, whatever they are,
// and no other list or object. Does not look behind `end`.
inline const char* SkipFlatList(const char* at, const char* end) {
  while (at < end) {
    const ByteBlock block(at);
    const std::uint32_t stops = block.From('[') | block.EqualTo('"');
    if (stops == 0) {
      at += ByteBlock::kBytes;
      continue;
    }
    at += BytesBefore(stops);
    if (*at == ']') return at + 1;
    at = *at == '"' ? FindStringEnd(at + 1) : nullptr;
    if (at == nullptr) return nullptr;
    ++at;
  }
  return nullptr;
}

inline const char* SkipSpace(const char* at) {
  while (*at == ' ' || *at == '\n' || *at == '\t' || *at == '\r') ++at;
  return at;
}

}  // namespace inferometer::analyze
