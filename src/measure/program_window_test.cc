// Programs measured as a whole, against what they really burned, touched and did.
#include "measure/program_window.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "os/burners.h"
#include "os/touched_pages.h"
#include "probe/energy/fake_powercap.h"

namespace inferometer::measure {
namespace {

using std::chrono::milliseconds;

class ProgramWindowTest : public testing::Test {
 protected:
  ProgramWindowTest() : bell_(std::move(*os::Doorbell::Make())) {
    options_.energy = EnergyChoice::kNone;
    options_.sysfs = powercap_.sysfs().string();
  }
  ~ProgramWindowTest() override {
    if (child_ <= 0) return;
    ::kill(child_, SIGKILL);
    ::waitpid(child_, nullptr, 0);
  }
  [[nodiscard]] std::unique_ptr<ProgramMeter> Meter() const {
    auto meter = ProgramMeter::Make(options_, clock_);
    EXPECT_TRUE(meter.ok()) << meter.status().message();
    return std::move(*meter);
  }
  ProgramResult Shell(const std::string& script) {
    auto result = Meter()->Run({"/bin/sh", "-c", script});
    EXPECT_TRUE(result.ok()) << result.status().message();
    return *result;
  }
  template <typename Body>
  pid_t Fork(Body body) {
    child_ = ::fork();
    if (child_ == 0) {
      body();
      ::_exit(0);
    }
    return child_;
  }
  InferenceRecord Watch(pid_t pid, std::chrono::nanoseconds at_most) {
    auto record = Meter()->Watch(pid, bell_, at_most);
    EXPECT_TRUE(record.ok()) << record.status().message();
    return *record;
  }

  base::SystemClock clock_;
  RecorderOptions options_;
  os::Doorbell bell_;
  probe::FakePowercap powercap_;
  pid_t child_ = 0;
};

TEST_F(ProgramWindowTest, ACommandLineIsQuotedAsAShellWantsIt) {
  EXPECT_EQ(CommandLine({"./llama-cli", "-m", "model.gguf"}), "./llama-cli -m model.gguf");
  EXPECT_EQ(CommandLine({"echo", "a b", "", "it's"}), "echo 'a b' '' 'it'\\''s'");
  EXPECT_LT(CommandLine(std::vector<std::string>(1000, std::string(5000, 'x'))).size(), 2100U);
}

TEST_F(ProgramWindowTest, ARecordHoldsWhatWasRunAndHowItEnded) {
  const ProgramResult result = Shell("exit 0");
  const InferenceRecord& record = result.record;
  EXPECT_EQ(record.status, kStatusOk);
  EXPECT_EQ(record.exit_code, 0);
  EXPECT_EQ(record.command, "/bin/sh -c 'exit 0'");
  EXPECT_EQ(record.processes, 1);
  EXPECT_EQ(record.cpu_source, "rusage");
  EXPECT_TRUE(record.timestamp.has_value());
  EXPECT_FALSE(record.error_type.has_value());
  EXPECT_FALSE(record.model_name.has_value());
  EXPECT_FALSE(record.prefill_ms.has_value());
  EXPECT_FALSE(record.generated_tokens.has_value());
}

TEST_F(ProgramWindowTest, FailuresAreToldApart) {
  EXPECT_EQ(Shell("exit 3").record.error_type, "exit_code");
  EXPECT_EQ(Shell("exit 3").exit_code, 3);
  EXPECT_EQ(Shell("kill -15 $$").record.error_type, "signal");
  const auto missing = Meter()->Run({"/nonsense"});
  ASSERT_TRUE(missing.ok());
  EXPECT_EQ(missing->record.error_type, "not_started");
  EXPECT_EQ(missing->record.exit_code, 127);
  EXPECT_FALSE(missing->record.inference_time_ms.has_value()) << "nothing was measured";
  EXPECT_FALSE(missing->record.memory_peak_mb.has_value());
}

TEST_F(ProgramWindowTest, SleepingTakesTimeAndNoCpu) {
  const InferenceRecord record = Shell("exec sleep 0.3").record;
  EXPECT_GE(*record.inference_time_ms, 300);
  EXPECT_LT(*record.inference_time_ms, 400);
  EXPECT_LT(*record.cpu_time_ms, 20);
}

TEST_F(ProgramWindowTest, TheProcessesOfATreeAreSummed) {
  const InferenceRecord record = Shell("sleep 1 & sleep 1 & sleep 1; wait").record;
  EXPECT_EQ(record.processes, 4);
  EXPECT_EQ(record.memory_peak_source, "sampled_sum");
  EXPECT_GT(*record.memory_peak_mb, Shell("exec sleep 0.3").record.memory_peak_mb.value() * 2);
}

TEST_F(ProgramWindowTest, WhatIsLeftRunningIsToldAndItsTimeCounts) {
  const ProgramResult result = Shell("(i=0; while [ $i -lt 10000000 ]; do i=$((i+1)); done) & sleep 0.3; echo $! > " +
                                     (powercap_.sysfs() / "pid").string());
  std::ifstream pid_file(powercap_.sysfs() / "pid");
  pid_t pid = 0;
  pid_file >> pid;
  ASSERT_GT(pid, 0);
  ::kill(pid, SIGKILL);
  EXPECT_EQ(result.left_running, 1U);
  EXPECT_GT(*result.record.cpu_time_ms, 50);
  EXPECT_EQ(result.record.cpu_source, "process_clock_ticks");
}

TEST_F(ProgramWindowTest, EnergyIsThatOfTheWindow) {
  powercap_.Add("intel-rapl:0", "package-0", 5'000'000);
  options_.energy = EnergyChoice::kAuto;
  const auto meter = Meter();
  const std::string counter = (powercap_.Zone("intel-rapl:0") / "energy_uj").string();
  const auto result = meter->Run({"/bin/sh", "-c", "sleep 0.2; printf '0000011000000\\n' > " + counter});
  ASSERT_TRUE(result.ok());
  EXPECT_NEAR(result->record.energy_consumed_mj.value_or(0), 6000, 0.01);
  EXPECT_EQ(result->record.energy_source, "rapl");
  EXPECT_GT(*result->record.energy_uncertainty_mj, 0);
}

TEST_F(ProgramWindowTest, AProcessIsWatchedForAsLongAsWasAsked) {
  const pid_t pid = Fork([] {
    const os::TouchedPages pages(40U << 20U);
    for (volatile int spin = 0;;) spin = spin + 1;
  });
  std::this_thread::sleep_for(milliseconds(200));
  const InferenceRecord record = Watch(pid, milliseconds(600));
  EXPECT_NEAR(*record.inference_time_ms, 600, 60);
  EXPECT_EQ(record.cpu_source, "process_clock_ticks");
  EXPECT_GT(*record.cpu_time_ms, 100);
  EXPECT_LT(*record.cpu_time_ms, *record.inference_time_ms + 10);
  EXPECT_GE(*record.memory_peak_mb, 40);
  EXPECT_EQ(record.processes, 1);
  EXPECT_FALSE(record.exit_code.has_value());
  EXPECT_FALSE(record.ctx_switches_involuntary.has_value());
}

TEST_F(ProgramWindowTest, TheEndOfAWatchedProcessEndsTheWindow) {
  const pid_t pid = Fork([] { ::usleep(250'000); });
  const InferenceRecord record = Watch(pid, std::chrono::seconds(60));
  EXPECT_LT(*record.inference_time_ms, 2000);
  EXPECT_TRUE(record.cpu_time_ms.has_value()) << "it has not been waited for, so its clock stands";
}

TEST_F(ProgramWindowTest, WhatIsNotThereCannotBeWatched) {
  const pid_t pid = Fork([] {});
  ::waitpid(pid, nullptr, 0);
  child_ = 0;
  const auto record = Meter()->Watch(pid, bell_, milliseconds(10));
  EXPECT_EQ(record.status().code(), Code::kNotFound);
  EXPECT_NE(record.status().message().find(std::to_string(pid)), std::string::npos);
}

TEST_F(ProgramWindowTest, ProcOfAnotherNamespaceLeavesOutWhatOnlyItCouldTell) {
  os::TemporaryFolder elsewhere;
  options_.procfs = elsewhere.path().string();
  const InferenceRecord record = Shell("exit 0").record;
  EXPECT_FALSE(record.processes.has_value());
  EXPECT_TRUE(record.cpu_time_ms.has_value());
  EXPECT_EQ(record.memory_peak_source, "ru_maxrss");
}

}  // namespace
}  // namespace inferometer::measure
