#include "base/little_endian.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace inferometer::base {
namespace {

TEST(LittleEndian, LowestByteComesFirst) {
  std::string bytes;
  AppendLittleEndian(bytes, std::uint32_t{0x01020304});
  AppendLittleEndian(bytes, std::uint8_t{0xff});
  AppendLittleEndian(bytes, std::int16_t{-2});
  EXPECT_EQ(bytes, std::string("\x04\x03\x02\x01\xff\xfe\xff", 7));
}

TEST(LittleEndian, WhatWasWrittenIsReadAtItsPlace) {
  std::string bytes = "x";
  AppendLittleEndian(bytes, UINT64_MAX - 1);
  AppendLittleEndian(bytes, INT64_MIN);
  EXPECT_EQ(ReadLittleEndian<std::uint64_t>(bytes, 1), UINT64_MAX - 1);
  EXPECT_EQ(ReadLittleEndian<std::int64_t>(bytes, 9), INT64_MIN);
  EXPECT_EQ(ReadLittleEndian<std::uint8_t>(bytes), 'x');
}

}  // namespace
}  // namespace inferometer::base
