#include "os/large_memory.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <new>
#include <utility>
#include <vector>

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

void Fill(GrowingMemory& memory, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) static_cast<std::uint32_t*>(memory.data())[i] = static_cast<std::uint32_t>(i);
}

// What was filled up to `count` is still there.
void ExpectFilled(const GrowingMemory& memory, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) ASSERT_EQ(static_cast<const std::uint32_t*>(memory.data())[i], i);
}

TEST(GrowingMemory, KeepsWhatIsInItWhileItGrows) {
  GrowingMemory memory;
  std::size_t filled = 0;
  for (std::size_t count = 10; count < 8'000'000; count += count / 2) {
    if (count * sizeof(std::uint32_t) > memory.capacity_bytes()) {
      memory.Grow(filled * sizeof(std::uint32_t), count * sizeof(std::uint32_t));
    }
    ASSERT_GE(memory.capacity_bytes(), count * sizeof(std::uint32_t));
    Fill(memory, filled, count);
    filled = count;
  }
  ExpectFilled(memory, filled);
}

TEST(GrowingMemory, ManyGrowAtTheSameTime) {
  constexpr std::size_t kCount = 40'000;  // more of them than may have huge pages early
  std::vector<GrowingMemory> all(70);
  for (GrowingMemory& memory : all) {
    memory.Grow(0, kCount * sizeof(std::uint32_t));
    Fill(memory, 0, kCount);
  }
  for (const GrowingMemory& memory : all) ExpectFilled(memory, kCount);
}

TEST(GrowingMemory, MovesWithItsContentAndIsEmptyOnceItIsFreed) {
  for (const std::size_t count : {std::size_t{100}, std::size_t{100'000}}) {
    GrowingMemory first;
    first.Grow(0, count * sizeof(std::uint32_t));
    Fill(first, 0, count);
    GrowingMemory second(std::move(first));
    GrowingMemory third;
    third.Grow(0, 10);
    third = std::move(second);
    ExpectFilled(third, count);
    third.Free();
    EXPECT_EQ(third.capacity_bytes(), 0U);
    third.Grow(0, 100);
    EXPECT_GE(third.capacity_bytes(), 100U);
  }
}

TEST(GrowingMemory, MoreThanThereIsThrows) {
  GrowingMemory memory;
  EXPECT_THROW(memory.Grow(0, std::numeric_limits<std::size_t>::max() / 16), std::bad_alloc);
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
