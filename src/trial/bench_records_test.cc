#include "trial/bench_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "base/timestamp.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::trial {
namespace {

using testing::HasSubstr;

class BenchRecordsTest : public testing::Test {
 protected:
  BenchRecordsTest() {
    plan_.id = "20261201_001522";
    plan_.arms = {{"a", "a.gguf", 1, ""}, {"b", "b.gguf", 2, ""}};
    plan_.workloads = {TestWorkload({8, 0})};
    clock_.wall = base::ParseTimestamp("2026-12-01T00:15:22Z").value();
  }

  BenchStore Open(std::uint64_t stream = 1) {
    BenchStore store(folder_.path(), "test-device", stream, false, os::SystemFileCalls(), clock_);
    for (const BenchArm& arm : plan_.arms) {
      EXPECT_TRUE(store
                      .NoteLoad(arm.name, {{"threads", std::int64_t{arm.threads}}},
                                {{"event", "model_loading"}, {"device_id", "test-device"}, {"model_name", arm.name}})
                      .ok());
    }
    return store;
  }
  InferenceRecord Record(std::int64_t index) const {
    const BenchRun run = OrderOfBlock(plan_, static_cast<std::size_t>(index) / 2)[static_cast<std::size_t>(index) % 2];
    InferenceRecord record;
    record.timestamp = clock_.wall;
    record.device_id = "test-device";
    record.model_name = plan_.arms[run.arm].name;
    record.status = kStatusOk;
    record.inference_time_ms = 10 + static_cast<double>(index);
    record.run_index = index;
    record.block_id = BlockId(plan_, static_cast<std::size_t>(index) / 2);
    record.prompt_id = "pp8";
    return record;
  }
  void Keep(BenchStore& store, std::int64_t index) {
    const InferenceRecord record = Record(index);
    const Status kept = store.Keep(*record.model_name, record);
    EXPECT_TRUE(kept.ok()) << kept.message();
  }
  Result<DoneRuns> Done() {
    ASSIGN_OR_RETURN(const StoredRuns stored, ReadRuns(folder_.path(), plan_));
    return DoneOf(stored, plan_);
  }
  std::vector<std::filesystem::path> Files(const std::string& arm) {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path() / arm)) {
      if (entry.path().filename().string().starts_with("inference_metrics_")) files.push_back(entry.path());
    }
    return files;
  }

  os::TemporaryFolder folder_;
  probe::ManualClock clock_;
  BenchPlan plan_;
};

TEST_F(BenchRecordsTest, EveryRecordIsThereAsSoonAsItIsKept) {
  BenchStore store = Open();
  for (std::int64_t index = 0; index < 6; ++index) {
    Keep(store, index);
    const auto done = Done();
    ASSERT_TRUE(done.ok()) << done.status().message();
    EXPECT_EQ(done->size(), static_cast<std::size_t>(index) + 1);
    EXPECT_EQ(done->at(index), 10 + static_cast<double>(index));
  }
  EXPECT_EQ(Files("a").size(), 1U);
  const auto stored = ReadRuns(folder_.path(), plan_);
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->contexts.size(), 2U);
  for (const StoredRun& run : stored->runs) {
    EXPECT_EQ(run.record.model_name, plan_.arms[run.arm].name);
    EXPECT_THAT(*run.record.record_id, HasSubstr("test-device/0000000000000001/"));
  }
}

TEST_F(BenchRecordsTest, LaterStartWritesFilesOfItsOwn) {
  BenchStore first = Open(1);
  Keep(first, 0);
  Keep(first, 1);
  BenchStore second = Open(2);
  Keep(second, 2);
  Keep(second, 3);
  EXPECT_EQ(Files("a").size(), 2U);
  EXPECT_EQ(Done()->size(), 4U);
}

TEST_F(BenchRecordsTest, FileHoldsSoManyRecordsAndNoMore) {
  BenchStore store = Open();
  const std::int64_t all = 2 * (static_cast<std::int64_t>(BenchStore::kMostInFile) + 1);
  for (std::int64_t index = 0; index < all; ++index) Keep(store, index);
  EXPECT_EQ(Files("a").size(), 2U);
  EXPECT_EQ(Done()->size(), static_cast<std::size_t>(all));
}

TEST_F(BenchRecordsTest, WarmUpsAreNoDoneRuns) {
  BenchStore store = Open();
  InferenceRecord record = Record(0);
  record.run_index.reset();
  record.warmup = true;
  ASSERT_TRUE(store.Keep("a", record).ok());
  EXPECT_TRUE(Done()->empty());
  EXPECT_EQ(ReadRuns(folder_.path(), plan_)->runs.size(), 1U);
}

TEST_F(BenchRecordsTest, RecordsOfOtherBenchesArePassedOver) {
  BenchStore store = Open();
  Keep(store, 0);
  plan_.id = "20261201_001523";
  EXPECT_TRUE(Done()->empty());
}

TEST_F(BenchRecordsTest, RunThatStandsTwiceOrAtAnotherPlaceIsSaid) {
  BenchStore store = Open();
  Keep(store, 0);
  Keep(store, 0);
  EXPECT_THAT(Done().status().message(), HasSubstr("run 0 of the bench is stored twice"));
  plan_.workloads[0].id = "pp9";
  EXPECT_THAT(Done().status().message(), HasSubstr("run 0 of the bench is stored as one of "));
}

TEST_F(BenchRecordsTest, DamagedFileIsNamedWithTheWayOut) {
  BenchStore store = Open();
  Keep(store, 0);
  folder_.Put("a/inference_metrics_test-device_20260101_000000.json", "{\"summary\":");
  const Status status = Done().status();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("inference_metrics_test-device_20260101_000000.json"));
  EXPECT_THAT(status.message(), HasSubstr("move it away"));
}

TEST_F(BenchRecordsTest, RecordThatCouldNotBeWrittenLeavesTheOthersThere) {
  bool is_full = false;
  os::FaultyFileCalls faulty([&is_full](int) { return is_full ? ENOSPC : 0; });
  BenchStore store(folder_.path(), "test-device", 1, false, faulty, clock_);
  ASSERT_TRUE(store.NoteLoad("a", {}, {}).ok());
  ASSERT_TRUE(store.NoteLoad("b", {}, {}).ok());
  Keep(store, 0);
  Keep(store, 1);
  is_full = true;
  const InferenceRecord record = Record(2);
  EXPECT_FALSE(store.Keep(*record.model_name, record).ok());
  EXPECT_EQ(Done()->size(), 2U);
}

}  // namespace
}  // namespace inferometer::trial
