#include "probe/process_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>
#include <optional>
#include <string>
#include <thread>

#include "os/process.h"
#include "os/temporary_folder.h"
#include "os/touched_pages.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;

// As Linux 6.1 writes it.
std::string StatText(pid_t pid, const std::string& name, pid_t parent, std::uint64_t started = 100,
                     const std::string& children_ticks = "0 0", char state = 'S') {
  return std::to_string(pid) + " (" + name + ") " + state + " " + std::to_string(parent) +
         " 1 1 0 -1 4194560 500 600 7 8 30 12 " + children_ticks + " 20 0 3 0 " + std::to_string(started) +
         " 2654208 256 18446744073709551615 94654351806464 94654351883193 140736847879616 0 0 0 0 0 65538 0 0 0 17 1 "
         "0 0 0 0 0\n";
}

TEST(ParseProcessStat, TakesTheFields) {
  const auto stat = ParseProcessStat(StatText(4711, "sh", 42, 9999, "5 6"));
  ASSERT_TRUE(stat.ok()) << stat.status().message();
  EXPECT_EQ(stat->pid, 4711);
  EXPECT_EQ(stat->parent, 42);
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->major_faults, 7U);
  EXPECT_EQ(stat->children_major_faults, 8U);
  EXPECT_EQ(stat->ticks, 42U);
  EXPECT_EQ(stat->children_ticks, 11U);
  EXPECT_EQ(stat->threads, 3);
  EXPECT_EQ(stat->started_ticks, 9999U);
  EXPECT_EQ(stat->resident_pages, 256U);
}

TEST(ParseProcessStat, ANameMayHoldAnything) {
  for (const std::string name : {"a b", ") R 1 (", "(", ")", "a\nb", "", "x) S 7 7"}) {
    const auto stat = ParseProcessStat(StatText(4711, name, 42));
    ASSERT_TRUE(stat.ok()) << name;
    EXPECT_EQ(stat->parent, 42) << name;
  }
}

TEST(ParseProcessStat, DamageIsNamedByItsPlace) {
  const std::string good = StatText(4711, "sh", 42);
  const std::string up_to_rss = good.substr(0, good.find(" 256 ") + 1);
  for (std::size_t length = 0; length <= up_to_rss.size(); ++length) {
    const auto stat = ParseProcessStat(good.substr(0, length));
    ASSERT_FALSE(stat.ok()) << length;
    EXPECT_EQ(stat.status().code(), Code::kDataLoss);
    EXPECT_LE(stat.status().offset_bytes().value(), length);
  }
  for (const char* bad : {"garbage", "-1 (x) S 1", "0 (x) S 1", "1 (x", "1 x) S 1", "1 (x) S one"}) {
    EXPECT_FALSE(ParseProcessStat(bad).ok()) << bad;
  }
  EXPECT_FALSE(ParseProcessStat(StatText(4711, "sh", 42, 1, "18446744073709551615 1")).ok());
}

TEST(ParseChildren, TakesNumbersUpToTheBound) {
  std::vector<pid_t> pids;
  EXPECT_TRUE(ParseChildren("", 10, pids).ok());
  EXPECT_TRUE(ParseChildren("12 34 56 ", 2, pids).ok());
  EXPECT_THAT(pids, testing::ElementsAre(12, 34));
  EXPECT_FALSE(ParseChildren("12 x", 10, pids).ok());
  EXPECT_FALSE(ParseChildren("-12", 10, pids).ok());
  EXPECT_FALSE(ParseChildren("99999999999999999999", 10, pids).ok());
}

// A /proc of our own, without children files unless they are put there.
class FakeProcTest : public testing::Test {
 protected:
  void Put(pid_t pid, pid_t parent, std::uint64_t started = 100, char state = 'S') {
    folder_.Put(std::to_string(pid) + "/stat", StatText(pid, "p", parent, started, "0 0", state));
  }
  void PutChildren(pid_t pid, pid_t thread, const std::string& children) {
    folder_.Put(std::to_string(pid) + "/task/" + std::to_string(thread) + "/children", children);
  }
  void Remove(pid_t pid) { std::filesystem::remove_all(folder_.path() / std::to_string(pid)); }
  [[nodiscard]] Result<ProcessTree> Tree(pid_t root) const { return ProcessTree::Of(folder_.path(), root); }

  os::TemporaryFolder folder_;
};

TEST_F(FakeProcTest, AllBelowTheRootAreSummedAndNobodyElse) {
  Put(10, 1);
  Put(11, 10);
  Put(12, 11);
  Put(20, 1);
  auto tree = Tree(10);
  ASSERT_TRUE(tree.ok());
  EXPECT_FALSE(tree->lists_children());
  const auto reading = tree->Read();
  ASSERT_TRUE(reading.has_value());
  EXPECT_EQ(reading->processes, 3U);
  EXPECT_EQ(reading->threads, 9);
  EXPECT_EQ(reading->resident_bytes, 3 * 256 * os::PageBytes());
  EXPECT_EQ(reading->major_faults, 3U * 15);
  EXPECT_EQ(reading->cpu_time, 3 * milliseconds(420));
  EXPECT_FALSE(reading->exact_cpu) << "these are ticks";
}

TEST_F(FakeProcTest, ListsOfChildrenAreUsedWhereTheyAre) {
  Put(10, 1);
  Put(11, 10);
  Put(12, 10);
  Put(13, 10);  // is not in a list
  PutChildren(10, 10, "11 ");
  PutChildren(10, 15, "12 ");  // of another thread
  auto tree = Tree(10);
  EXPECT_TRUE(tree->lists_children());
  EXPECT_EQ(tree->Read()->processes, 3U);
}

TEST_F(FakeProcTest, TheRootCanBeLeftOut) {
  Put(10, 1);
  Put(11, 10);
  auto tree = Tree(10);
  tree->LeaveOutRoot();
  EXPECT_EQ(tree->Read()->processes, 1U);
}

TEST_F(FakeProcTest, AZombieHoldsNoMemoryButTookItsTime) {
  Put(10, 1);
  Put(11, 10, 100, 'Z');
  const auto reading = Tree(10)->Read();
  EXPECT_EQ(reading->processes, 1U);
  EXPECT_EQ(reading->cpu_time, 2 * milliseconds(420));
}

TEST_F(FakeProcTest, ALaterProcessWithTheNumberIsAnother) {
  Put(10, 1, 100);
  auto tree = Tree(10);
  Put(10, 1, 200);
  EXPECT_FALSE(tree->Read().has_value());
}

TEST_F(FakeProcTest, AGoneRootHasNoReading) {
  EXPECT_EQ(Tree(10).status().code(), Code::kNotFound);
  Put(10, 1);
  auto tree = Tree(10);
  Remove(10);
  EXPECT_FALSE(tree->Read().has_value());
}

TEST_F(FakeProcTest, ATreeThatLiesIsBounded) {
  Put(10, 12);
  Put(11, 10);
  Put(12, 11);  // a circle
  EXPECT_EQ(Tree(10)->Read()->processes, 3U);
  std::string many;
  for (int i = 0; i < 6000; ++i) many += std::to_string(100000 + i) + " ";
  PutChildren(10, 10, many + "nonsense");
  Put(100000, 10);
  EXPECT_EQ(Tree(10)->Read()->processes, 2U);
  folder_.Put("11/stat", "garbage");
  EXPECT_TRUE(Tree(10)->Read().has_value());
}

// Real processes.
class RealProcTest : public testing::Test {
 protected:
  ~RealProcTest() override {
    for (const pid_t child : children_) {
      ::kill(-child, SIGKILL);  // and all that it started
      ::waitpid(child, nullptr, 0);
    }
  }
  template <typename Body>
  pid_t Fork(Body body) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::setpgid(0, 0);
      body();
      ::_exit(0);
    }
    ::setpgid(child, child);  // whichever comes first
    children_.push_back(child);
    return child;
  }
  // The first reading that is as wanted, or the last one of 20 s.
  static std::optional<TreeReading> AwaitReading(ProcessTree& tree,
                                                 const std::function<bool(const TreeReading&)>& is_wanted) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    for (;;) {
      auto reading = tree.Read();
      if (!reading || is_wanted(*reading) || std::chrono::steady_clock::now() >= end) return reading;
      std::this_thread::sleep_for(milliseconds(10));
    }
  }
  std::vector<pid_t> children_;
};

TEST_F(RealProcTest, GrandchildrenBelongToIt) {
  const pid_t child = Fork([] {
    if (::fork() == 0) ::fork();
    ::pause();
  });
  std::this_thread::sleep_for(milliseconds(100));
  auto tree = ProcessTree::Of("/proc", child);
  ASSERT_TRUE(tree.ok());
  const auto reading = tree->Read();
  EXPECT_EQ(reading->processes, 3U);
  EXPECT_TRUE(reading->exact_cpu);
}

TEST_F(RealProcTest, MemoryAndTimeAreThoseOfTheTree) {
  constexpr std::size_t kBytes = 50U << 20U;
  const pid_t child = Fork([] {
    const os::TouchedPages pages(kBytes);
    while (os::ThreadCpuTime() < milliseconds(150)) {
    }
    ::pause();
  });
  auto tree = ProcessTree::Of("/proc", child);
  const auto reading = AwaitReading(*tree, [](const auto& now) { return now.cpu_time >= milliseconds(150); });
  ASSERT_TRUE(reading.has_value());
  EXPECT_GE(reading->resident_bytes, kBytes);
  EXPECT_GE(reading->cpu_time, milliseconds(150));
  EXPECT_LT(reading->cpu_time, milliseconds(250));
}

TEST_F(RealProcTest, WhatEndedAndWasWaitedForStaysInTheDifference) {
  const pid_t child = Fork([] {
    ::usleep(100'000);
    const pid_t grandchild = ::fork();
    if (grandchild == 0) {
      while (os::ThreadCpuTime() < milliseconds(300)) {
      }
      ::_exit(0);
    }
    ::waitpid(grandchild, nullptr, 0);
    ::pause();
  });
  auto tree = ProcessTree::Of("/proc", child);
  const auto begin = tree->Read();
  const auto end = AwaitReading(*tree, [&](const auto& now) {
    return now.processes == 1 && now.cpu_time - begin->cpu_time >= milliseconds(280);
  });
  EXPECT_EQ(end->processes, 1U);
  const auto difference = end->cpu_time - begin->cpu_time;
  EXPECT_GE(difference, milliseconds(280));  // the children's time is in ticks
  EXPECT_LT(difference, milliseconds(350));
}

}  // namespace
}  // namespace inferometer::probe
