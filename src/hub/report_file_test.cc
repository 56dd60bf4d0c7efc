#include "hub/report_file.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

#include "os/simulated_disk.h"
#include "store/journal_for_tests.h"
#include "store/ledger_for_tests.h"

namespace inferometer::hub {
namespace {

const std::filesystem::path kPath = "/hub/hub.json";

CollectorReport ReportOfTwo() {
  CollectorReport report;
  report.store_id = 0x2a;
  report.records = 30;
  report.duplicates = 2;
  report.rejected = 1;
  report.files = 3;
  report.unsaved = 4;
  report.bytes = 65536;
  DeviceReport& heard = report.devices.emplace_back();
  heard.device = "00:0f:00:70:91:0a";
  heard.folder = "edge-device-01";
  heard.is_online = true;
  heard.records = 30;
  heard.duplicates = 2;
  heard.lost = 5;
  heard.lag = 7;
  heard.last_received = WallTime(std::chrono::microseconds(1759833015123456));
  heard.losses = {{"telemetry_malformed", 1}, {"records_lost", 5}};
  heard.gaps = {{.stream = 1, .from = 5, .to = 9}, {.stream = 1, .from = 12, .to = 12}};
  heard.lost_hours = {store::LostHours::Unknown(2), store::HourOf(488'578, 488'580, 3)};
  report.devices.emplace_back().device = "pi-08";
  return report;
}

// Holds `text` against a file of src/hub/testdata; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
void ExpectGolden(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/hub/testdata" / name;
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
  const auto golden = os::ReadFile(file, 100'000);
  ASSERT_TRUE(golden.ok()) << golden.status().message();
  EXPECT_EQ(text, *golden) << name;
}

TEST(ReportJson, Golden) {
  ExpectGolden("hub.json", ReportJson(ReportOfTwo(), WallTime(std::chrono::microseconds(1759833020000000))));
}

class ReportFileTest : public testing::Test {
 protected:
  ReportFileTest() { EXPECT_TRUE(disk_.PutFolder("/hub").ok()); }
  [[nodiscard]] std::string Written() const { return disk_.DurableBytes(kPath).value_or(""); }

  os::SimulatedDisk disk_;
  store::HandClock clock_;
  ReportFile file_{disk_, kPath, clock_};
};

TEST_F(ReportFileTest, IsWrittenOnlyWhenItSaysSomethingElse) {
  CollectorReport report = ReportOfTwo();
  ASSERT_TRUE(file_.Update(report).ok());
  EXPECT_EQ(Written(), ReportJson(report, clock_.Wall()));
  const std::string first = Written();
  clock_.Pass(std::chrono::seconds(10));
  ASSERT_TRUE(file_.Update(report).ok());
  EXPECT_EQ(Written(), first);
  ++report.records;
  ASSERT_TRUE(file_.Update(report).ok());
  EXPECT_EQ(Written(), ReportJson(report, clock_.Wall()));
  EXPECT_EQ(disk_.Names("/hub"), std::vector<std::string>{"hub.json"});
}

TEST_F(ReportFileTest, FailedWriteLeavesTheOldOneAndIsRepeated) {
  CollectorReport report = ReportOfTwo();
  ASSERT_TRUE(file_.Update(report).ok());
  const std::string first = Written();
  ++report.records;
  disk_.FailCall(2, ENOSPC);
  EXPECT_EQ(file_.Update(report).code(), Code::kResourceExhausted);
  EXPECT_EQ(Written(), first);
  ASSERT_TRUE(file_.Update(report).ok());
  EXPECT_NE(Written(), first);
}

}  // namespace
}  // namespace inferometer::hub
