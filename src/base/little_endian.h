#pragma once
// Integers in files, little-endian whatever the machine.

#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

namespace inferometer::base {

// Fills the sizeof(Integer) bytes from `into` on.
template <typename Integer>
void PutLittleEndian(char* into, Integer value) {
  auto bits = static_cast<std::make_unsigned_t<Integer>>(value);
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    into[i] = static_cast<char>(bits & 0xffU);
    if constexpr (sizeof(Integer) > 1) bits = static_cast<decltype(bits)>(bits >> 8U);
  }
}

template <typename Integer>
void AppendLittleEndian(std::string& out, Integer value) {
  char bytes[sizeof(Integer)];
  PutLittleEndian(bytes, value);
  out.append(bytes, sizeof bytes);
}

// REQUIRES: bytes.size() >= at + sizeof(Integer)
template <typename Integer>
[[nodiscard]] Integer ReadLittleEndian(std::string_view bytes, std::size_t at = 0) {
  std::make_unsigned_t<Integer> bits = 0;
  for (std::size_t i = sizeof(Integer); i-- > 0;) {
    if constexpr (sizeof(Integer) > 1) bits = static_cast<decltype(bits)>(bits << 8U);
    bits = static_cast<decltype(bits)>(bits | static_cast<unsigned char>(bytes[at + i]));
  }
  return static_cast<Integer>(bits);
}

}  // namespace inferometer::base
