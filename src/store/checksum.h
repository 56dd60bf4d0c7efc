#pragma once
// The checksum of everything that the store writes in binary.

#include <zlib.h>

#include <cstdint>
#include <string_view>

namespace inferometer::store {

// CRC-32 (IEEE 802.3) as zlib computes it; `before` continues one over more bytes.
[[nodiscard]] inline std::uint32_t Checksum(std::string_view bytes, std::uint32_t before = 0) {
  return static_cast<std::uint32_t>(
      ::crc32_z(before, reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()));
}

}  // namespace inferometer::store
