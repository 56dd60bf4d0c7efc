#include "os/process_watch.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

namespace inferometer::os {
namespace {

using std::chrono::milliseconds;

class ProcessWatchTest : public testing::Test {
 protected:
  ProcessWatchTest() : bell_(std::move(*Doorbell::Make())) {}
  static pid_t Sleeper(unsigned ms) {
    const pid_t child = ::fork();
    if (child == 0) {
      ::usleep(ms * 1000);
      ::_exit(0);
    }
    return child;
  }
  Doorbell bell_;
};

TEST_F(ProcessWatchTest, TheEndIsSeenAsItComes) {
  const pid_t child = Sleeper(100);
  auto watch = ProcessWatch::Of(child);
  ASSERT_TRUE(watch.ok());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(watch->Wait(bell_, std::chrono::seconds(20)), WatchEnd::kProcessEnded);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  ::waitpid(child, nullptr, 0);
}

TEST_F(ProcessWatchTest, TheBellAndTheTimeEndTheWait) {
  auto watch = ProcessWatch::Of(::getpid());
  EXPECT_EQ(watch->Wait(bell_, milliseconds(30)), WatchEnd::kTimeOver);
  EXPECT_EQ(watch->Wait(bell_, milliseconds(-1)), WatchEnd::kTimeOver);
  std::thread other([this] {
    std::this_thread::sleep_for(milliseconds(20));
    bell_.Ring();
  });
  EXPECT_EQ(watch->Wait(bell_, std::chrono::seconds(20)), WatchEnd::kRung);
  other.join();
}

TEST_F(ProcessWatchTest, WhatIsNotThereIsNotFound) {
  const pid_t child = Sleeper(0);
  ::waitpid(child, nullptr, 0);
  EXPECT_EQ(ProcessWatch::Of(child).status().code(), Code::kNotFound);
  EXPECT_EQ(ProcessWatch::Of(0).status().code(), Code::kNotFound);
  EXPECT_EQ(ProcessWatch::Of(-1).status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::os
