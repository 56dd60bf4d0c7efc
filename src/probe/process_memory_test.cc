#include "probe/process_memory.h"

#include <gtest/gtest.h>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

constexpr const char* kStatus = "Name:\tx\nVmPeak:\t  9 kB\nVmHWM:\t    2000 kB\nVmRSS:\t     1500 kB\nThreads:\t1\n";

TEST(ParseMemoryStatus, TellsAnonymousFromFileMemoryAndSwap) {
  const auto reading = ParseMemoryStatus(
      "VmHWM:\t 40 kB\nVmRSS:\t 30 kB\nRssAnon:\t 20 kB\nRssFile:\t 9 kB\nRssShmem:\t 1 kB\nVmSwap:\t 7 kB\n");
  ASSERT_TRUE(reading.ok()) << reading.status().message();
  EXPECT_EQ(reading->anon_bytes, 20U * 1024);
  EXPECT_EQ(reading->file_bytes, 10U * 1024);
  EXPECT_EQ(reading->swap_bytes, 7U * 1024);
  const auto older = ParseMemoryStatus("VmHWM:\t 40 kB\nVmRSS:\t 30 kB\n");
  ASSERT_TRUE(older.ok());
  EXPECT_FALSE(older->anon_bytes.has_value());
  EXPECT_FALSE(older->swap_bytes.has_value());
  EXPECT_FALSE(ParseMemoryStatus("VmHWM:\t 40 kB\nVmRSS:\t 30 kB\nRssAnon:\t x kB\n").ok());
}

TEST(ParseMemoryStatus, FindsBothFigures) {
  const auto reading = ParseMemoryStatus(kStatus);
  ASSERT_TRUE(reading.ok()) << reading.status().message();
  EXPECT_EQ(reading->peak_bytes, 2000U * 1024);
  EXPECT_EQ(reading->resident_bytes, 1500U * 1024);
}

TEST(ParseMemoryStatus, PeakIsNeverBelowWhatIsResident) {
  EXPECT_EQ(ParseMemoryStatus("VmHWM:\t1 kB\nVmRSS:\t3 kB\n")->peak_bytes, 3U * 1024);
}

TEST(ParseMemoryStatus, AProcessNamedLikeAFieldIsNotTheField) {
  EXPECT_EQ(ParseMemoryStatus("Name:\tVmHWM:\t7 kB\nVmHWM:\t2 kB\nVmRSS:\t1 kB\n")->peak_bytes, 2U * 1024);
}

TEST(ParseMemoryStatus, DamageIsNamedWithItsByte) {
  struct Case {
    const char* text;
    const char* message;
    std::size_t byte;
  };
  for (const Case& c :
       {Case{"", "VmHWM: is missing", 0}, Case{"VmHWM:\t1 kB\n", "VmRSS: is missing", 12},
        Case{"VmHWM:\tx kB\n", "VmHWM: is not a number", 7}, Case{"VmHWM:", "VmHWM: is not a number", 6},
        Case{"VmHWM:\t1 MB\n", "VmHWM: is not in kB", 7}, Case{"VmHWM:\t1", "VmHWM: is not in kB", 7},
        Case{"VmHWM:\t-1 kB\n", "VmHWM: is not a number", 7},
        Case{"VmHWM:\t99999999999999999999 kB\n", "VmHWM: is not a number", 7},
        Case{"VmHWM:\t18446744073709551615 kB\n", "VmHWM: is out of range", 7}}) {
    const auto reading = ParseMemoryStatus(c.text);
    EXPECT_EQ(reading.status().code(), Code::kDataLoss) << c.text;
    EXPECT_NE(reading.status().message().find(c.message), std::string::npos) << reading.status().message();
    EXPECT_EQ(reading.status().offset_bytes(), c.byte) << c.text;
  }
}

TEST(ProcessMemory, WithoutProcThereIsNothing) {
  const os::TemporaryFolder empty;
  const ProcessMemory memory(empty.path());
  EXPECT_FALSE(memory.Read().has_value());
  EXPECT_FALSE(memory.ResetPeak());
}

TEST(ProcessMemory, DamagedStatusIsNothing) {
  const os::TemporaryFolder proc;
  proc.Put("self/status", "VmRSS: lots\n");
  EXPECT_FALSE(ProcessMemory(proc.path()).Read().has_value());
}

TEST(ProcessMemory, LongListOfGroupsBeforeTheFiguresDoesNotHideThem) {
  const os::TemporaryFolder proc;
  proc.Put("self/status", "Groups:\t" + std::string(12'000, '1') + "\n" + kStatus);
  EXPECT_TRUE(ProcessMemory(proc.path()).Read().has_value());
}

TEST(ProcessMemory, ResetWritesAFive) {
  const os::TemporaryFolder proc;
  const auto file = proc.Put("self/clear_refs", "");
  EXPECT_TRUE(ProcessMemory(proc.path()).ResetPeak());
  EXPECT_EQ(*os::ReadFile(file, 10), "5");
}

TEST(ProcessMemory, RealProcIsRead) {
  const ProcessMemory memory("/proc");
  const auto reading = memory.Read();
  ASSERT_TRUE(reading.has_value());
  EXPECT_GT(reading->resident_bytes, 1024U * 1024);
}

}  // namespace
}  // namespace inferometer::probe
