#include "store/metrics_folder.h"

#include <gtest/gtest.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "record/json_write.h"

namespace inferometer::store {
namespace {

class StoppedClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return {}; }
  [[nodiscard]] WallTime Wall() const override { return wall; }
  WallTime wall{std::chrono::microseconds(1759833015123456)};
};

std::string Line(int sequence) {
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(1759833015000000 + sequence));
  record.device_id = "00:0f:00:70:91:0a";
  record.model_name = "m";
  record.status = kStatusOk;
  record.inference_time_ms = 100 + sequence;
  std::string line;
  record::AppendJson(record, line);
  return line;
}

class MetricsFolderTest : public testing::Test {
 protected:
  MetricsFolder MustPrepare(bool portable_names = false) {
    MetricsFolder folder(path_, "00:0f:00:70:91:0a", portable_names, *calls_, clock_);
    const Status prepared = folder.Prepare();
    EXPECT_TRUE(prepared.ok()) << prepared.message();
    return folder;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(path_)) names.push_back(entry.path().filename());
    std::sort(names.begin(), names.end());
    return names;
  }
  std::string Content(const std::string& name) const { return *os::ReadFile(path_ / name, 1 << 20); }

  os::TemporaryFolder temporary_;
  const std::filesystem::path path_ = temporary_.path() / "metrics" / "edge-device-01";
  StoppedClock clock_{};
  os::FileCalls* calls_ = &os::SystemFileCalls();
};

TEST_F(MetricsFolderTest, GoldenFile) {
  MetricsFolder folder = MustPrepare();
  Context context = {
      {"schema_version", std::int64_t{1}}, {"host", std::string("pi")}, {"size_mb", 93.8}, {"peak", true}};
  std::string context_text;
  AppendJson(context, context_text);
  const auto saved = folder.Write(*folder.FreeFileName(), context_text, {Line(1), Line(2)});
  ASSERT_TRUE(saved.ok()) << saved.status().message();
  EXPECT_EQ(saved->summary.total_inferences, 2);
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

TEST_F(MetricsFolderTest, TakenNameMovesOnToTheNextFreeSecond) {
  MetricsFolder folder = MustPrepare();
  ASSERT_TRUE(folder.Write(*folder.FreeFileName(), "{}", {Line(1)}).ok());
  EXPECT_EQ(*folder.FreeFileName(), "inference_metrics_00:0f:00:70:91:0a_20251007_103016.json");
}

TEST_F(MetricsFolderTest, NamesGoOnBehindTheTakenOnesUntilTheClockHasPassedThem) {
  MetricsFolder folder = MustPrepare();
  const auto next = [&] {
    const std::string name = *folder.FreeFileName();
    EXPECT_TRUE(folder.Write(name, "{}", {Line(1)}).ok());
    return name.substr(name.size() - 11);
  };
  EXPECT_EQ(next(), "103015.json");
  EXPECT_EQ(next(), "103016.json");
  EXPECT_EQ(next(), "103017.json");
  clock_.wall += std::chrono::seconds(1);
  EXPECT_EQ(next(), "103018.json");
  clock_.wall += std::chrono::seconds(10);
  EXPECT_EQ(next(), "103026.json");
  clock_.wall -= std::chrono::seconds(60);
  EXPECT_EQ(next(), "102926.json") << "a clock that is set back is followed";
}

TEST_F(MetricsFolderTest, PortableNamesHoldNoColon) {
  EXPECT_EQ(*MustPrepare(true).FreeFileName(), "inference_metrics_00-0f-00-70-91-0a_20251007_103015.json");
}

TEST_F(MetricsFolderTest, UnknownFieldsOfALineStandInTheFile) {
  MetricsFolder folder = MustPrepare();
  const std::string line = Line(1).substr(0, Line(1).size() - 1) + ",\"of_tomorrow\":[1,2]}";
  ASSERT_TRUE(folder.Write("a.json", "{}", {line}).ok());
  EXPECT_NE(Content("a.json").find(line), std::string::npos);
}

TEST_F(MetricsFolderTest, LineThatIsNoRecordIsRefusedAndNoFileMade) {
  MetricsFolder folder = MustPrepare();
  EXPECT_EQ(folder.Write("a.json", "{}", {Line(1), "{\"device_id\":"}).status().code(), Code::kDataLoss);
  EXPECT_TRUE(Files().empty());
}

TEST_F(MetricsFolderTest, AnyCallOfAWriteMayFailAndTheOldFileOrTheNewOneStands) {
  int failing = 1;
  const auto fails_at = [&](int nth) {
    os::FaultyFileCalls calls([&](int call) { return call == nth ? EIO : 0; });
    MetricsFolder folder(path_, "00:0f:00:70:91:0a", false, calls, clock_);
    const bool failed = !folder.Write("a.json", "{}", {Line(2)}).ok();
    const std::string content = Content("a.json");
    EXPECT_TRUE(content.find("15.000001Z") != std::string::npos || content.find("15.000002Z") != std::string::npos);
    EXPECT_TRUE(content.ends_with("}\n"));
    return failed;
  };
  MetricsFolder folder = MustPrepare();
  ASSERT_TRUE(folder.Write("a.json", "{}", {Line(1)}).ok());
  while (fails_at(failing)) ++failing;
  EXPECT_GT(failing, 6) << "create, write, fsync, close, rename, fsync of the folder";
}

TEST_F(MetricsFolderTest, SecondWriterIsRefusedWithTheNextStep) {
  const auto first = LockFolder(path_);
  ASSERT_TRUE(first.ok());
  const auto second = LockFolder(path_);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.status().code(), Code::kFailedPrecondition);
  EXPECT_NE(second.status().message().find("--out"), std::string::npos);
}

TEST_F(MetricsFolderTest, TornSaveOfACrashIsRemovedAtTheNextStart) {
  temporary_.Put("metrics/edge-device-01/inference_metrics_x_20251007_103015.json.tmp", "{\"summ");
  temporary_.Put("metrics/edge-device-01/notes.tmp", "mine");
  MustPrepare();
  EXPECT_EQ(Files(), std::vector<std::string>{"notes.tmp"});
}

TEST_F(MetricsFolderTest, FileInTheWayIsExplained) {
  temporary_.Put("metrics/edge-device-01", "a file");
  const auto lock = LockFolder(path_);
  ASSERT_FALSE(lock.ok());
  EXPECT_NE(lock.status().message().find("edge-device-01"), std::string::npos);
}

TEST_F(MetricsFolderTest, LoadingMetricsAreReplaced) {
  MetricsFolder folder = MustPrepare();
  ASSERT_TRUE(folder.SaveLoading({{"event", std::string("model_loading")}, {"load_time_seconds", 1.0}}).ok());
  ASSERT_TRUE(folder.SaveLoading({{"event", std::string("model_loading")}, {"load_time_seconds", 2.5}}).ok());
  EXPECT_EQ(Content("loading_metrics.json"), "{\"event\":\"model_loading\",\"load_time_seconds\":2.5}\n");
}

}  // namespace
}  // namespace inferometer::store
