#include "os/simulated_crash.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace inferometer::os {
namespace {

constexpr std::size_t kSector = 4;  // small, so that every combination can be tried

FileChange WriteOf(std::string bytes, std::uint64_t offset, std::uint64_t moment = 1) {
  return {.moment = moment, .offset = offset, .bytes = std::move(bytes)};
}
FileChange LengthOf(std::uint64_t length, std::uint64_t moment = 1) { return {.moment = moment, .length = length}; }

// Everything that can be left, dots for zero bytes.
std::set<std::string> Possible(CrashMode mode, const std::string& durable, const std::vector<FileChange>& changes,
                               const std::vector<std::string_view>& stale = {}) {
  std::set<std::string> possible;
  EveryChoice every;
  do {
    std::string left = Survivors(
        durable, changes, {.mode = mode, .choose = std::ref(every), .sector_bytes = kSector, .cut = 0, .stale = stale});
    std::ranges::replace(left, '\0', '.');
    possible.insert(left);
  } while (every.NextRound());
  return possible;
}

using Contents = std::set<std::string>;

TEST(Survivors, DropLeavesWhatWasSynced) {
  EXPECT_EQ(Possible(CrashMode::kDropUnsynced, "old", {WriteOf("new!", 0)}), Contents{"old"});
}

TEST(Survivors, KeepLeavesEverything) {
  EXPECT_EQ(Possible(CrashMode::kKeepAll, "old", {WriteOf("new!", 0), LengthOf(6), WriteOf("x", 7)}),
            Contents{"new!...x"});
}

TEST(Survivors, AnySectorsOfAWriteInPlaceSurvive) {
  EXPECT_EQ(Possible(CrashMode::kSubset, "aaaabbbbcccc", {WriteOf("BBB", 2)}),
            (Contents{"aaaabbbbcccc", "aaBBbbbbcccc", "aaaaBbbbcccc", "aaBBBbbbcccc"}));
}

TEST(Survivors, LaterWriteIntoASectorTakesTheEarlierOneAlong) {
  EXPECT_EQ(Possible(CrashMode::kSubset, "aaaa", {WriteOf("B", 0), WriteOf("C", 1)}),
            (Contents{"aaaa", "Baaa", "BCaa"}));
}

TEST(Survivors, AppendCanLeaveTheOldLengthOrAHoleOfZeros) {
  EXPECT_EQ(Possible(CrashMode::kSubset, "aaaa", {WriteOf("bbbbcc", 4)}),
            (Contents{"aaaa", "aaaa......", "aaaabbbb..", "aaaa....cc", "aaaabbbbcc"}));
}

TEST(Survivors, LengthsSurviveInTheirOrder) {
  EXPECT_EQ(Possible(CrashMode::kSubset, "aaaa", {LengthOf(1), LengthOf(3)}), (Contents{"aaaa", "a", "a.."}));
}

TEST(Survivors, ZerosModeKeepsTheLastLength) {
  EXPECT_EQ(Possible(CrashMode::kZeros, "aaaa", {WriteOf("bbbb", 4)}), (Contents{"aaaa....", "aaaabbbb"}));
}

TEST(Survivors, StaleSectorIsTakenFromAnyPlaceOfAnotherFile) {
  EXPECT_EQ(Possible(CrashMode::kStaleBlocks, "aaaa", {WriteOf("bbbb", 4)}, {"wwwwxxxxy"}),
            (Contents{"aaaa....", "aaaabbbb", "aaaawwww", "aaaaxxxx", "aaaay..."}));
}

TEST(Survivors, StaleSectorsNeverReplaceWhatWasDurable) {
  for (const std::string& left :
       Possible(CrashMode::kStaleBlocks, "aaaaaa", {WriteOf("bbbbbb", 6)}, {"xxxxxxxxxxxx"})) {
    EXPECT_EQ(left.substr(0, 6), "aaaaaa");
  }
}

TEST(Survivors, PrefixTearsTheWriteAtTheCutToTheByte) {
  const std::vector<FileChange> changes = {WriteOf("bb", 2, 5), WriteOf("ccc", 4, 6), WriteOf("dd", 7, 7)};
  Contents possible;
  EveryChoice every;
  do {
    possible.insert(Survivors("aa", changes, {.mode = CrashMode::kPrefix, .choose = std::ref(every), .cut = 6}));
  } while (every.NextRound());
  EXPECT_EQ(possible, (Contents{"aabb", "aabbc", "aabbcc"}));
}

TEST(Survivors, PrefixHasNoHalfChangeOfALength) {
  EveryChoice every;
  EXPECT_EQ(Survivors("aaaa", {LengthOf(2, 5), LengthOf(9, 6)},
                      {.mode = CrashMode::kPrefix, .choose = std::ref(every), .cut = 6}),
            "aa");
}

TEST(Survivors, StaleSectorOftenComesFromTheSamePlace) {
  std::string other(100 * kSector, 'o');
  other.replace(50 * kSector, kSector, "same");
  int same = 0;
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    const std::string left = Survivors(
        std::string(50 * kSector, 'a'), {WriteOf("bbbb", 50 * kSector)},
        {.mode = CrashMode::kStaleBlocks, .choose = SeededChoice(seed), .sector_bytes = kSector, .stale = {other}});
    if (left.ends_with("same")) ++same;
  }
  EXPECT_GT(same, 20);
}

TEST(EveryChoice, GoesThroughAllCombinations) {
  std::set<std::pair<std::size_t, std::size_t>> seen;
  EveryChoice every;
  int rounds = 0;
  do {
    const std::size_t first = every(3);
    const std::size_t second = first == 2 ? 7 : every(2);
    seen.insert({first, second});
    ++rounds;
  } while (every.NextRound());
  EXPECT_EQ(rounds, 5);
  EXPECT_EQ(seen.size(), 5U);
}

TEST(SeededChoice, RepeatsItselfForTheSameSeedOnly) {
  const auto picks = [](std::uint64_t seed) {
    SeededChoice choose(seed);
    std::vector<std::size_t> made(50);
    for (std::size_t& pick : made) pick = choose(10);
    return made;
  };
  EXPECT_EQ(picks(1), picks(1));
  EXPECT_NE(picks(1), picks(2));
}

TEST(SeededChoice, StaysBelowAndReachesEverything) {
  std::set<std::size_t> seen;
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    SeededChoice choose(seed);
    EXPECT_EQ(choose(1), 0U);
    for (int i = 0; i < 50; ++i) seen.insert(choose(3));
  }
  EXPECT_EQ(seen, (std::set<std::size_t>{0, 1, 2}));
}

}  // namespace
}  // namespace inferometer::os
