#include "os/large_memory.h"

#include <gtest/gtest.h>

#include <limits>
#include <new>

namespace inferometer::os {
namespace {

TEST(LargeMemory, IsZeroedAndWritableToItsEnd) {
  for (const std::size_t bytes : {std::size_t{1}, std::size_t{5000}, std::size_t{5} << 20}) {
    const LargeMemory memory(bytes);
    auto* text = static_cast<char*>(memory.data());
    EXPECT_EQ(text[0], 0);
    EXPECT_EQ(text[bytes - 1], 0);
    text[bytes - 1] = 'x';
    EXPECT_EQ(text[bytes - 1], 'x');
  }
}

TEST(LargeMemory, MovesWithItsContent) {
  LargeMemory first(100);
  static_cast<char*>(first.data())[7] = 'x';
  LargeMemory second(std::move(first));
  EXPECT_EQ(static_cast<char*>(second.data())[7], 'x');
  LargeMemory third(100);
  third = std::move(second);
  EXPECT_EQ(static_cast<char*>(third.data())[7], 'x');
}

TEST(LargeMemory, MoreThanThereIsThrows) {
  EXPECT_THROW(LargeMemory(std::numeric_limits<std::size_t>::max() / 2), std::bad_alloc);
}

TEST(TouchAhead, LeavesTheContentAsItIs) {
  const LargeMemory memory(100'000);
  auto* text = static_cast<char*>(memory.data());
  text[5000] = 'x';
  for (const std::size_t begin : {0U, 1U, 4095U, 4096U, 5000U}) {
    for (const std::size_t bytes : {0U, 1U, 4095U, 4096U, 50'000U}) TouchAhead(text + begin, bytes);
  }
  EXPECT_EQ(text[5000], 'x');
  EXPECT_EQ(text[5001], 0);
}

}  // namespace
}  // namespace inferometer::os
