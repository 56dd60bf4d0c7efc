#include "os/process.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <set>
#include <string>

#include "os/burners.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

nanoseconds Distance(nanoseconds a, nanoseconds b) { return a > b ? a - b : b - a; }

void BurnUntil(nanoseconds thread_cpu_time) {
  while (ThreadCpuTime() < thread_cpu_time) {
  }
}

class ProcessCpuClockWindow : public testing::TestWithParam<milliseconds> {};

TEST_P(ProcessCpuClockWindow, IsExactToAMillisecondWhileFourThreadsRun) {
  ProcessCpuClock clock("/proc");
  ASSERT_TRUE(clock.exact().ok()) << clock.exact().message();
  Burners burners(4);
  const int windows = GetParam() < milliseconds(1000) ? 4 : 1;
  for (int window = 0; window < windows; ++window) {
    nanoseconds measured{};
    const Burners::Edge begin = burners.MarkAfter([&] { measured -= clock.Read(); });
    std::this_thread::sleep_for(GetParam());
    const Burners::Edge end = burners.MarkAfter([&] { measured += clock.Read(); });
    EXPECT_LE(Distance(measured, end.burned - begin.burned), milliseconds(1) + begin.unsure + end.unsure);
  }
}
INSTANTIATE_TEST_SUITE_P(Windows, ProcessCpuClockWindow,
                         testing::Values(milliseconds(100), milliseconds(500), milliseconds(2000)),
                         [](const auto& window) { return std::to_string(window.param.count()) + "ms"; });

TEST(ProcessCpuClock, CountsThreadsThatAreGone) {
  ProcessCpuClock clock("/proc");
  const nanoseconds own_at_begin = ThreadCpuTime();
  const nanoseconds begin = clock.Read();
  std::thread([] { BurnUntil(milliseconds(50)); }).join();
  const nanoseconds burned = milliseconds(50) + ThreadCpuTime() - own_at_begin;
  EXPECT_LE(Distance(clock.Read() - begin, burned), milliseconds(2));  // making and joining the thread costs, too
}

TEST(ProcessCpuClock, SleepingCostsNothing) {
  ProcessCpuClock clock("/proc");
  const nanoseconds begin = clock.Read();
  std::this_thread::sleep_for(milliseconds(100));
  EXPECT_LE(clock.Read() - begin, milliseconds(1));
}

TEST(ProcessCpuClock, WithoutProcItStillRunsAndSaysThatItLags) {
  const TemporaryFolder empty;
  ProcessCpuClock clock(empty.path());
  EXPECT_EQ(clock.exact().code(), Code::kNotFound);
  EXPECT_NE(clock.exact().message().find(empty.path().string()), std::string::npos);
  EXPECT_GT(clock.Read(), nanoseconds(0));
}

TEST(ProcessCpuClock, NumbersOfAnotherNamespaceAreNotUsed) {
  const TemporaryFolder proc;
  proc.Put("1/task/1/comm", "");
  std::filesystem::create_symlink("1", proc.path() / "self");
  EXPECT_EQ(ProcessCpuClock(proc.path()).exact().code(), Code::kFailedPrecondition);
}

TEST(ProcessCpuClock, ProcWithoutTheThreadsLags) {
  const TemporaryFolder proc;
  std::filesystem::create_symlink(std::to_string(::getpid()), proc.path() / "self");
  EXPECT_EQ(ProcessCpuClock(proc.path()).exact().code(), Code::kNotFound);
}

TEST(ProcessCpuClock, NamesThatAreNoThreadOfOursAreStepsOverOnly) {
  const TemporaryFolder proc;
  const std::string self = std::to_string(::getpid());
  for (const char* name : {"x", "1x", "-5", "99999999999999999999", "1"})
    proc.Put(self + "/task/" + name + "/comm", "");
  std::filesystem::create_symlink(self, proc.path() / "self");
  ProcessCpuClock clock(proc.path());
  ASSERT_TRUE(clock.exact().ok());
  EXPECT_LE(Distance(clock.Read(), LaggingProcessCpuTime()), milliseconds(1));
}

TEST(OnlineCpus, IsAtLeastOne) { EXPECT_GE(OnlineCpus(), 1U); }

TEST(RandomBits, AreNewEachTime) {
  std::set<std::uint64_t> seen;
  for (int i = 0; i < 100; ++i) seen.insert(*RandomBits());
  EXPECT_EQ(seen.size(), 100U);
}

TEST(SignalsBlocked, HoldsForItsLifeOnly) {
  const auto is_blocked = [] {
    sigset_t now;
    ::pthread_sigmask(SIG_SETMASK, nullptr, &now);
    return ::sigismember(&now, SIGTERM) == 1;
  };
  {
    const SignalsBlocked blocked;
    EXPECT_TRUE(is_blocked());
    bool in_new_thread = false;
    std::thread([&] { in_new_thread = is_blocked(); }).join();
    EXPECT_TRUE(in_new_thread);
  }
  EXPECT_FALSE(is_blocked());
}

}  // namespace
}  // namespace inferometer::os
