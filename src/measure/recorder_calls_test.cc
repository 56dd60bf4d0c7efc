// What happens inside a measured window: nothing is opened, nothing is started.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <functional>
#include <thread>

#include "inferometer/recorder.h"
#include "os/no_opening.h"
#include "probe/energy/fake_powercap.h"

namespace inferometer {
namespace {

constexpr int kNoFilter = 77;

// Runs `child` in a process of its own and returns how that ended.
int StatusOf(const std::function<int()>& child) {
  const pid_t pid = ::fork();
  if (pid == 0) ::_exit(child());
  int status = 0;
  EXPECT_GT(pid, 0) << "fork";
  EXPECT_EQ(::waitpid(pid, &status, 0), pid);
  return status;
}

// Inferences after a first one, with the counters of a fake machine.
int MeasureWithoutOpening(const std::filesystem::path& sysfs) {
  auto recorder = Recorder::Create({.device_id = "calls", .sysfs = sysfs});
  if (!recorder.ok()) return 1;
  if (!os::ForbidOpening()) return kNoFilter;
  for (int i = 0; i < 20; ++i) {
    Inference inference = (*recorder)->Begin({"m", kCpu});
    inference.PromptReady(3);
    inference.Token();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
    inference.Token();
    if (inference.End("stop").failed()) return 2;
  }
  return 0;
}

TEST(RecorderCalls, WindowOpensNoFileAndStartsNoProgram) {
  const probe::FakePowercap powercap;
  powercap.Add("intel-rapl:0", "package-0", 0);
  const int status = StatusOf([&] { return MeasureWithoutOpening(powercap.sysfs()); });
  ASSERT_TRUE(WIFEXITED(status)) << "killed by signal " << WTERMSIG(status);
  EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(RecorderCalls, TheWatchDoesCatchAnOpening) {
  const int status = StatusOf([] {
    if (!os::ForbidOpening()) return kNoFilter;
    return ::open("/dev/null", O_RDONLY | O_CLOEXEC) >= 0 ? 0 : 1;
  });
  ASSERT_TRUE(WIFSIGNALED(status)) << WEXITSTATUS(status);
  EXPECT_EQ(WTERMSIG(status), SIGSYS);
}

}  // namespace
}  // namespace inferometer
