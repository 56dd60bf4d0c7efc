#pragma once
// The checksum of everything that the store writes in binary.

#include <libdeflate.h>

#include <cstdint>
#include <string_view>

namespace inferometer::store {

// CRC-32 (IEEE 802.3) as zlib computes it, too; `before` continues one over more bytes.
[[nodiscard]] inline std::uint32_t Checksum(std::string_view bytes, std::uint32_t before = 0) {
  return ::libdeflate_crc32(before, bytes.data(), bytes.size());
}

}  // namespace inferometer::store
