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

}  // namespace
}  // namespace inferometer::os
