#include "os/boot.h"

#include <gtest/gtest.h>
#include <sys/timex.h>

#include <ctime>

#include "os/files.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

constexpr std::string_view kPath = "sys/kernel/random/boot_id";

Code CodeOfReading(std::string_view text) {
  const TemporaryFolder procfs;
  procfs.Put(kPath, text);
  return ReadBootId(procfs.path()).status().code();
}

TEST(BootId, IsTheTextInBytes) {
  const TemporaryFolder procfs;
  procfs.Put(kPath, "00112233-4455-6677-8899-aabbccddeeff\n");
  EXPECT_EQ(*ReadBootId(procfs.path()),
            (BootId{0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff}));
}

TEST(BootId, OfThisMachineStaysTheSame) {
  const auto first = ReadBootId("/proc");
  ASSERT_TRUE(first.ok()) << first.status().message();
  EXPECT_EQ(*first, *ReadBootId("/proc"));
  EXPECT_NE(*first, BootId{});
}

TEST(BootId, OtherTextIsDataLoss) {
  EXPECT_EQ(CodeOfReading("00112233-4455-6677-8899-aabbccddeeff\n"), Code::kOk);
  for (const std::string_view text :
       {"", "\n", "00112233-4455-6677-8899-aabbccddeef\n", "00112233-4455-6677-8899-aabbccddeeff0\n",
        "0011223344455-6677-8899-aabbccddeeff\n", "00112233-4455-6677-8899-aabbccddeefg\n",
        "00112233-4455-6677-8899-aabbccddee-f\n", "00112233-4455-6677-8899-aabbccddee f\n"}) {
    EXPECT_EQ(CodeOfReading(text), Code::kDataLoss) << text;
  }
}

TEST(BootId, MissingFileIsNotFound) { EXPECT_EQ(ReadBootId("/nowhere").status().code(), Code::kNotFound); }

TEST(TimeSinceBoot, OnlyGrowsAndIsNotBehindTheClockThatLeavesSuspendOut) {
  timespec monotonic = {};
  ASSERT_EQ(::clock_gettime(CLOCK_MONOTONIC, &monotonic), 0);
  const auto first = TimeSinceBoot();
  EXPECT_GE(first, std::chrono::seconds(monotonic.tv_sec) + std::chrono::nanoseconds(monotonic.tv_nsec));
  EXPECT_GE(TimeSinceBoot(), first);
}

TEST(TimeSinceBoot, AgreesWithTheUptimeOfTheKernel) {
  const auto before = TimeSinceBoot();
  const auto uptime = ReadFile("/proc/uptime", 256);
  ASSERT_TRUE(uptime.ok());
  EXPECT_NEAR(std::stod(*uptime), std::chrono::duration<double>(before).count(), 5);
}

TEST(ClockState, IsSynchronisedOnlyWhenTheKernelSaysNothingAgainstIt) {
  EXPECT_EQ(ClockStateOf(TIME_OK, STA_PLL), ClockState::kSynchronised);
  EXPECT_EQ(ClockStateOf(TIME_INS, 0), ClockState::kSynchronised);
  EXPECT_EQ(ClockStateOf(TIME_ERROR, 0), ClockState::kUnsynchronised);
  EXPECT_EQ(ClockStateOf(TIME_OK, STA_PLL | STA_UNSYNC), ClockState::kUnsynchronised);
}

TEST(ClockState, OfThisMachineIsWhatAdjtimexSays) {
  timex answer = {};
  const int result = ::adjtimex(&answer);
  // Under a system call filter there is no answer to compare with; the cases above need none.
  if (result < 0) GTEST_SKIP() << "adjtimex is forbidden here";
  EXPECT_EQ(*WallClockState(), ClockStateOf(result, answer.status));
}

}  // namespace
}  // namespace inferometer::os
