#include "os/signals.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <future>

namespace inferometer::os {
namespace {

TEST(SignalWatch, FirstSignalIsACallNotADeath) {
  std::promise<int> stopped;
  auto watch = SignalWatch::Start([&](int signal) { stopped.set_value(signal); });
  ASSERT_TRUE(watch.ok());
  ASSERT_EQ(::kill(::getpid(), SIGTERM), 0);
  EXPECT_EQ(stopped.get_future().get(), SIGTERM);
}

TEST(SignalWatch, SecondSignalKillsUnlessItComesAtOnce) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::promise<void> stopped;
    auto watch = SignalWatch::Start([&](int) { stopped.set_value(); });
    ::kill(::getpid(), SIGINT);
    stopped.get_future().get();
    ::kill(::getpid(), SIGTERM);  // the same wish, passed on by a script
    ::usleep(1'200'000);
    ::kill(::getpid(), SIGINT);
    ::sleep(10);
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGINT);
}

}  // namespace
}  // namespace inferometer::os
