#include "os/child_program.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>
#include <thread>

#include "os/process.h"
#include "os/temporary_folder.h"
#include "os/touched_pages.h"

namespace inferometer::os {
namespace {

constexpr std::uint64_t kMb = 1U << 20U;

class ChildProgramTest : public testing::Test {
 protected:
  static ProgramEnd Run(const std::vector<std::string>& command) {
    auto program = ChildProgram::Prepare(command);
    EXPECT_TRUE(program.ok()) << program.status().message();
    EXPECT_TRUE((*program)->Go().ok());
    auto end = (*program)->Wait();
    EXPECT_TRUE(end.ok()) << end.status().message();
    return *end;
  }
  static ProgramEnd Shell(const std::string& script) { return Run({"/bin/sh", "-c", script}); }
  [[nodiscard]] std::string Path(const std::string& name) const { return (folder_.path() / name).string(); }
  [[nodiscard]] std::string Text(const std::string& name) const {
    std::ostringstream text;
    text << std::ifstream(Path(name)).rdbuf();
    return text.str();
  }
  // Runs a shell script, and `meanwhile` once the script has written the file "runs".
  template <typename Meanwhile>
  ProgramEnd ShellWhile(const std::string& script, Meanwhile meanwhile) {
    auto program = ChildProgram::Prepare({"/bin/sh", "-c", script});
    EXPECT_TRUE(program.ok());
    EXPECT_TRUE((*program)->Go().ok());
    std::thread other([&] {
      while (!std::filesystem::exists(Path("runs"))) std::this_thread::sleep_for(std::chrono::milliseconds(5));
      meanwhile(**program);
    });
    auto end = (*program)->Wait();
    other.join();
    return *end;
  }
  [[nodiscard]] std::string SayIRun() const { return "echo > " + Path("runs") + "; "; }

  TemporaryFolder folder_;
};

TEST_F(ChildProgramTest, ExitCodesAreHandedOn) {
  EXPECT_EQ(Run({"true"}).exit_code, 0);
  EXPECT_EQ(Shell("exit 3").exit_code, 3);
  EXPECT_EQ(Shell("exit 127").exit_code, 127);
  EXPECT_FALSE(Shell("exit 127").not_started.has_value());
}

TEST_F(ChildProgramTest, ASignalIsToldFromAnExitCode) {
  const ProgramEnd end = Shell("kill -9 $$");
  EXPECT_EQ(end.exit_code, 137);
  EXPECT_EQ(end.signal, SIGKILL);
  EXPECT_FALSE(Shell("exit 137").signal.has_value());
}

TEST_F(ChildProgramTest, WhatIsNotThereIs127AndNamed) {
  const ProgramEnd end = Run({"/nonsense/program"});
  EXPECT_EQ(end.exit_code, 127);
  ASSERT_TRUE(end.not_started.has_value());
  EXPECT_EQ(end.not_started->code(), Code::kNotFound);
  EXPECT_NE(end.not_started->message().find("/nonsense/program"), std::string::npos);
  EXPECT_EQ(Run({"no-such-program-anywhere"}).exit_code, 127);
}

TEST_F(ChildProgramTest, WhatCannotBeExecutedIs126) {
  const ProgramEnd end = Run({folder_.Put("plain.txt", "text").string()});
  EXPECT_EQ(end.exit_code, 126);
  EXPECT_EQ(end.not_started->code(), Code::kPermissionDenied);
  EXPECT_EQ(Run({folder_.path().string()}).exit_code, 126);
}

TEST_F(ChildProgramTest, NoCommandIsNoProgram) {
  EXPECT_EQ(ChildProgram::Prepare({}).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(ChildProgram::Prepare({""}).status().code(), Code::kInvalidArgument);
}

TEST_F(ChildProgramTest, ArgumentsArriveAsTheyAre) {
  const std::vector<std::string> odd = {"--help", "", "--", "a b", "*", "\n"};
  std::vector<std::string> command = {"/bin/sh", "-c", "printf '<%s>' \"$@\" > " + Path("args"), "name"};
  command.insert(command.end(), odd.begin(), odd.end());
  EXPECT_EQ(Run(command).exit_code, 0);
  EXPECT_EQ(Text("args"), "<--help><><--><a b><*><\n>");
}

TEST_F(ChildProgramTest, ASmallProgramHasASmallPeakBesideALargeParent) {
  const TouchedPages parents(300 * kMb);
  const ProgramEnd end = Run({"true"});
  EXPECT_GT(end.peak_bytes, 100U * 1024);
  EXPECT_LT(end.peak_bytes, 3 * kMb);
}

TEST_F(ChildProgramTest, CpuTimeIsWhatTheCommandAndItsChildrenSay) {
  const ProgramEnd end = Shell(
      "i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; "
      "(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); times > " +
      Path("times"));
  std::istringstream times(Text("times"));  // own user and system, then the children's: 0m0.250000s
  double seconds = 0;
  for (std::string one; times >> one;) seconds += 60 * std::stod(one) + std::stod(one.substr(one.find('m') + 1));
  EXPECT_NEAR(std::chrono::duration<double>(end.cpu_time).count(), seconds, 0.03);
  EXPECT_GT(seconds, 0.1);
}

TEST_F(ChildProgramTest, TheWindowIsThatOfTheCommand) {
  auto program = ChildProgram::Prepare({"sleep", "0.2"});
  ASSERT_TRUE(program.ok());
  std::this_thread::sleep_for(std::chrono::milliseconds(300));  // prepared is not begun
  const auto go = std::chrono::steady_clock::now().time_since_epoch();
  ASSERT_TRUE((*program)->Go().ok());
  const auto end = (*program)->Wait();
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  EXPECT_GE(end->begin, go);
  EXPECT_LE(end->end, now);
  EXPECT_GE(end->end - end->begin, std::chrono::milliseconds(200));
  EXPECT_LT(end->cpu_time, std::chrono::milliseconds(50));
}

TEST_F(ChildProgramTest, ACommandThatIsNotLetGoNeverRuns) {
  ASSERT_TRUE(ChildProgram::Prepare({"touch", Path("ran")}).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("ran")));
}

TEST_F(ChildProgramTest, OrphansThatEndedAreCounted) {
  const ProgramEnd end = Shell("(sleep 0.05 & ); sleep 0.4");
  EXPECT_EQ(end.reaped, 2);
}

TEST_F(ChildProgramTest, OrphansThatRunStayBelowTheLauncher) {
  auto program = ChildProgram::Prepare({"/bin/sh", "-c", "sleep 30 & echo $! > " + Path("pid")});
  ASSERT_TRUE(program.ok());
  ASSERT_TRUE((*program)->Go().ok());
  ASSERT_TRUE((*program)->Wait().ok());
  const std::string pid = Text("pid").substr(0, Text("pid").find('\n'));
  std::string stat;
  std::getline(std::ifstream("/proc/" + pid + "/stat"), stat);
  EXPECT_EQ(stat.substr(stat.find(')') + 4).find(std::to_string((*program)->launcher()) + " "), 0) << stat;
  program->reset();
  EXPECT_EQ(::kill(std::stoi(pid), SIGKILL), 0) << "it goes on without us";
}

TEST_F(ChildProgramTest, SigtermIsPassedOn) {
  const ProgramEnd end = ShellWhile("trap 'exit 42' TERM; " + SayIRun() + "while :; do sleep 0.02; done",
                                    [](const ChildProgram&) { ::kill(::getpid(), SIGTERM); });
  EXPECT_EQ(end.exit_code, 42);
}

TEST_F(ChildProgramTest, SighupIsPassedOnAgainAndAgain) {
  const ProgramEnd end =
      ShellWhile("n=0; trap 'n=$((n+1)); [ $n = 2 ] && exit 43' HUP; " + SayIRun() + "while :; do sleep 0.02; done",
                 [](const ChildProgram&) {
                   ::kill(::getpid(), SIGHUP);
                   std::this_thread::sleep_for(std::chrono::milliseconds(150));
                   ::kill(::getpid(), SIGHUP);
                 });
  EXPECT_EQ(end.exit_code, 43);
}

TEST_F(ChildProgramTest, WeOutliveTheCtrlCThatEndsTheCommand) {
  const ProgramEnd end = ShellWhile(SayIRun() + "exec sleep 30", [](const ChildProgram& program) {
    ::kill(::getpid(), SIGINT);  // a terminal sends it to both
    ::kill(program.launcher(), SIGINT);
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    ::kill(program.pid(), SIGINT);
  });
  EXPECT_EQ(end.signal, SIGINT);
  EXPECT_EQ(end.exit_code, 130);
}

// `exec`: while a shell starts another program, it blocks every signal for a moment.
TEST_F(ChildProgramTest, TheCommandHasOurSignalMaskAndDispositions) {
  const ProgramEnd end = Shell("exec grep -E 'Sig(Blk|Ign)' /proc/self/status > " + Path("signals"));
  EXPECT_EQ(end.exit_code, 0);
  const std::string signals = Text("signals");
  EXPECT_NE(signals.find("SigBlk:\t0000000000000000"), std::string::npos) << signals;
  EXPECT_NE(signals.find("SigIgn:\t0000000000000000"), std::string::npos) << signals;
}

TEST_F(ChildProgramTest, TheCommandHasNoPipeButOurs) {
  std::set<std::string> ours;
  std::error_code gone;  // the folder that is being listed
  for (const auto& fd : std::filesystem::directory_iterator("/proc/self/fd")) {
    ours.insert(std::filesystem::read_symlink(fd, gone).string());
  }
  static_cast<void>(Shell("exec readlink /proc/self/fd/* > " + Path("links") + " 2>/dev/null"));
  std::istringstream links(Text("links"));
  int seen = 0;
  for (std::string link; std::getline(links, link); ++seen) {
    EXPECT_TRUE(!link.starts_with("pipe:") || ours.contains(link)) << link;
  }
  EXPECT_GE(seen, 2);
}

TEST_F(ChildProgramTest, OurOwnDispositionsComeBack) {
  static_cast<void>(Run({"true"}));
  struct sigaction now {};
  ::sigaction(SIGINT, nullptr, &now);
  EXPECT_EQ(now.sa_handler, SIG_DFL);
  sigset_t mask;
  ::pthread_sigmask(SIG_SETMASK, nullptr, &mask);
  EXPECT_EQ(::sigismember(&mask, SIGTERM), 0);
}

TEST_F(ChildProgramTest, NoProcessIsLeft) {
  static_cast<void>(Run({"true"}));
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

class LaunchReportTest : public testing::Test {
 protected:
  LaunchReportTest() : report_() {
    report_.magic = LAUNCH_MAGIC;
    report_.kind = LAUNCH_ENDED;
    report_.command_pid = 4711;
    report_.begin_ns = 100;
    report_.end_ns = 200;
  }
  [[nodiscard]] Result<launch_report> Parse() const {
    char bytes[sizeof report_];
    std::memcpy(bytes, &report_, sizeof bytes);
    return ParseLaunchReport({bytes, sizeof bytes});
  }
  launch_report report_;
};

TEST_F(LaunchReportTest, AWholeOneIsRead) {
  report_.cpu_us = 1500;
  report_.peak_kb = 2048;
  const auto report = Parse();
  ASSERT_TRUE(report.ok());
  const ProgramEnd end = EndOf(*report, "x");
  EXPECT_EQ(end.cpu_time, std::chrono::microseconds(1500));
  EXPECT_EQ(end.peak_bytes, 2 * kMb);
  EXPECT_EQ(end.end - end.begin, std::chrono::nanoseconds(100));
}

TEST_F(LaunchReportTest, ACommandKilledBeforeItBeganTookNoTime) {
  report_.begin_ns = 0;
  const ProgramEnd end = EndOf(*Parse(), "x");
  EXPECT_EQ(end.begin, end.end);
}

TEST_F(LaunchReportTest, BadMembersAreNamedByTheirPlace) {
  report_.cpu_us = -1;
  EXPECT_EQ(Parse().status().offset_bytes(), offsetof(launch_report, cpu_us));
  report_.cpu_us = std::numeric_limits<std::int64_t>::max();
  EXPECT_FALSE(Parse().ok());
  report_.cpu_us = 0;
  report_.end_ns = 50;
  EXPECT_EQ(Parse().status().offset_bytes(), offsetof(launch_report, end_ns));
  report_.magic = 7;
  EXPECT_EQ(Parse().status().code(), Code::kDataLoss);
  EXPECT_FALSE(ParseLaunchReport("").ok());
}

TEST(CpuTimeOf, IsThatOfAnotherProcess) {
  const pid_t child = ::fork();
  if (child == 0) {
    while (ThreadCpuTime() < std::chrono::milliseconds(200)) {
    }
    ::_exit(0);
  }
  siginfo_t info{};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  const auto time = CpuTimeOf(child);  // ended, but still there
  ASSERT_TRUE(time.has_value());
  EXPECT_GE(*time, std::chrono::milliseconds(200));
  EXPECT_LT(*time, std::chrono::milliseconds(230));
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_FALSE(CpuTimeOf(child).has_value());
  EXPECT_FALSE(CpuTimeOf(0).has_value());
  EXPECT_FALSE(CpuTimeOf(-1).has_value());
}

}  // namespace
}  // namespace inferometer::os
