#include "store/metrics_directory.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "record/json_read.h"

namespace inferometer::store {
namespace {

class StoppedClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return {}; }
  [[nodiscard]] WallTime Wall() const override { return WallTime(std::chrono::microseconds(1759833015123456)); }
};

InferenceRecord Record(int sequence) {
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(1759833015000000 + sequence));
  record.device_id = "00:0f:00:70:91:0a";
  record.model_name = "m";
  record.status = kStatusOk;
  record.inference_time_ms = 100.00049 + sequence;
  return record;
}

class MetricsDirectoryTest : public testing::Test {
 protected:
  MetricsDirectory MustOpen() {
    auto directory = MetricsDirectory::Open(Options(), *calls_, clock_);
    EXPECT_TRUE(directory.ok()) << directory.status().message();
    return std::move(*directory);
  }
  MetricsDirectoryOptions Options() const {
    return {.folder = temporary_.path() / "edge-device-01", .device_id = "00:0f:00:70:91:0a"};
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(Options().folder)) {
      const std::string name = entry.path().filename();
      if (name != ".lock") names.push_back(name);
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string Content(const std::string& name) const { return *os::ReadFile(Options().folder / name, 1 << 20); }

  os::TemporaryFolder temporary_;
  StoppedClock clock_;
  os::FileCalls* calls_ = &os::SystemFileCalls();
};

TEST_F(MetricsDirectoryTest, GoldenFile) {
  MetricsDirectory directory = MustOpen();
  directory.SetContext(
      {{"schema_version", std::int64_t{1}}, {"host", std::string("pi")}, {"size_mb", 93.8}, {"peak", true}});
  directory.Add(Record(1));
  directory.Add(Record(2));
  const auto saved = directory.Save();
  ASSERT_TRUE(saved.ok() && saved->has_value());
  EXPECT_EQ(Files(), std::vector<std::string>{"inference_metrics_00:0f:00:70:91:0a_20251007_103015.json"});
  EXPECT_EQ(
      Content(Files()[0]),
      "{\n\"summary\":{\"device_id\":\"00:0f:00:70:91:0a\",\"model_name\":\"m\",\"total_inferences\":2,"
      "\"failed_inferences\":0,\"inference_time_ms\":{\"min\":101,\"max\":102,\"avg\":101.5,\"p50\":101.5}},\n"
      "\"context\":{\"schema_version\":1,\"host\":\"pi\",\"size_mb\":93.8,\"peak\":true},\n\"detailed_metrics\":[\n"
      "{\"timestamp\":\"2025-10-07T10:30:15.000001Z\",\"device_id\":\"00:0f:00:70:91:0a\",\"model_name\":\"m\","
      "\"inference_time_ms\":101,\"status\":\"ok\"},\n"
      "{\"timestamp\":\"2025-10-07T10:30:15.000002Z\",\"device_id\":\"00:0f:00:70:91:0a\",\"model_name\":\"m\","
      "\"inference_time_ms\":102,\"status\":\"ok\"}\n]\n}\n");
}

TEST_F(MetricsDirectoryTest, EachRecordIsSavedOnceAndATakenNameMovesOn) {
  MetricsDirectory directory = MustOpen();
  directory.Add(Record(1));
  ASSERT_TRUE(directory.Save().ok());
  directory.Add(Record(2));
  ASSERT_TRUE(directory.Save().ok());
  ASSERT_EQ(Files(), (std::vector<std::string>{"inference_metrics_00:0f:00:70:91:0a_20251007_103015.json",
                                               "inference_metrics_00:0f:00:70:91:0a_20251007_103016.json"}));
  EXPECT_EQ(Content(Files()[0]).find("15.000002Z"), std::string::npos);
  EXPECT_EQ(Content(Files()[1]).find("15.000001Z"), std::string::npos);
}

TEST_F(MetricsDirectoryTest, NothingToSaveMakesNoFile) {
  MetricsDirectory directory = MustOpen();
  const auto saved = directory.Save();
  ASSERT_TRUE(saved.ok());
  EXPECT_FALSE(saved->has_value());
  EXPECT_TRUE(Files().empty());
}

TEST_F(MetricsDirectoryTest, PortableNamesHoldNoColon) {
  MetricsDirectoryOptions options = Options();
  options.portable_names = true;
  auto directory = MetricsDirectory::Open(options, *calls_, clock_);
  directory->Add(Record(1));
  ASSERT_TRUE(directory->Save().ok());
  EXPECT_EQ(Files(), std::vector<std::string>{"inference_metrics_00-0f-00-70-91-0a_20251007_103015.json"});
}

TEST_F(MetricsDirectoryTest, FailedSaveKeepsItsRecordsForTheNext) {
  os::FaultyFileCalls full([](int nth) { return nth <= 4 ? ENOSPC : 0; });
  calls_ = &full;
  MetricsDirectory directory = MustOpen();
  directory.Add(Record(1));
  EXPECT_EQ(directory.Save().status().code(), Code::kResourceExhausted);
  EXPECT_EQ(directory.unsaved(), 1U);
  EXPECT_TRUE(Files().empty());
  EXPECT_FALSE(directory.Save().ok());
  directory.Add(Record(2));
  ASSERT_TRUE(directory.Save().ok());
  EXPECT_EQ(directory.unsaved(), 0U);
  ASSERT_EQ(Files().size(), 1U);
  EXPECT_NE(Content(Files()[0]).find("\"total_inferences\":2"), std::string::npos);
}

TEST_F(MetricsDirectoryTest, AnyCallOfASaveMayFailAndEachRecordIsStillSavedOnce) {
  const auto fail_at = [this](int failing) {
    bool first_save = true;
    os::FaultyFileCalls calls([&](int nth) { return first_save && nth == failing ? EIO : 0; });
    calls_ = &calls;
    MetricsDirectory directory = MustOpen();
    directory.Add(Record(1));
    const bool failed = !directory.Save().ok();
    first_save = false;
    directory.Add(Record(2));
    EXPECT_TRUE(directory.Save().ok());
    EXPECT_EQ(Files().size(), failed ? 1U : 2U) << "call " << failing;
    std::string all;
    for (const std::string& name : Files()) all += Content(name);
    EXPECT_EQ(all.find("15.000001Z"), all.rfind("15.000001Z")) << "call " << failing;
    EXPECT_NE(all.find("15.000002Z"), std::string::npos) << "call " << failing;
    std::filesystem::remove_all(Options().folder);
    return failed;
  };
  int failing = 1;
  while (fail_at(failing)) ++failing;
  EXPECT_GT(failing, 6) << "create, write, fsync, close, rename, fsync of the folder";
}

TEST_F(MetricsDirectoryTest, UnsavedRecordsAreBoundedAndTheLossIsCounted) {
  MetricsDirectoryOptions options = Options();
  options.most_unsaved = 2;
  auto directory = MetricsDirectory::Open(options, *calls_, clock_);
  for (int i = 1; i <= 5; ++i) directory->Add(Record(i));
  EXPECT_EQ(directory->unsaved(), 2U);
  EXPECT_EQ(directory->dropped(), 3U);
}

TEST_F(MetricsDirectoryTest, SecondWriterIsRefusedWithTheNextStep) {
  MetricsDirectory first = MustOpen();
  const auto second = MetricsDirectory::Open(Options(), *calls_, clock_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(second.status().message().find("--out"), std::string::npos);
}

TEST_F(MetricsDirectoryTest, TornSaveOfACrashIsRemovedAtTheNextStart) {
  temporary_.Put("edge-device-01/inference_metrics_x_20251007_103015.json.tmp", "{\"summ");
  temporary_.Put("edge-device-01/notes.tmp", "mine");
  MetricsDirectory directory = MustOpen();
  EXPECT_EQ(Files(), std::vector<std::string>{"notes.tmp"});
}

TEST_F(MetricsDirectoryTest, FileInTheWayIsExplained) {
  temporary_.Put("edge-device-01", "a file");
  const auto directory = MetricsDirectory::Open(Options(), *calls_, clock_);
  ASSERT_FALSE(directory.ok());
  EXPECT_NE(directory.status().message().find("edge-device-01"), std::string::npos);
}

TEST_F(MetricsDirectoryTest, LoadingMetricsAreReplaced) {
  MetricsDirectory directory = MustOpen();
  ASSERT_TRUE(directory.SaveLoading({{"event", std::string("model_loading")}, {"load_time_seconds", 1.0}}).ok());
  ASSERT_TRUE(directory.SaveLoading({{"event", std::string("model_loading")}, {"load_time_seconds", 2.5}}).ok());
  EXPECT_EQ(Content("loading_metrics.json"), "{\"event\":\"model_loading\",\"load_time_seconds\":2.5}\n");
}

}  // namespace
}  // namespace inferometer::store
