#include "lake/parquet_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <set>
#include <string>
#include <vector>

#include "lake/lake_reader.h"
#include "lake/lake_record_for_tests.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"
#include "record/json_write.h"

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

LakeRecord RecordNumber(int number) {
  LakeRecord row;
  row.device_name = "edge-" + std::to_string(number % 2);
  row.record.timestamp = WallTime(1'700'000'000s - number * 1s);
  row.record.device_id = "pi-07";
  row.record.inference_time_ms = number + 1 / 3.0;  // more digits than the column has
  row.record.flags = {"swap", std::to_string(number)};
  row.other_fields = R"({"prompt_length":200})";
  row.context = {{"host", "lab"}, {"session_id", std::to_string(number)}};
  return row;
}

// A file, and the folder that it is written in.
class ParquetFileTest : public ::testing::Test {
 protected:
  Result<ParquetFileWriter> Open(os::FileCalls& files = os::SystemFileCalls()) {
    fs::remove_all(parts_.path());
    fs::create_directory(parts_.path());
    return ParquetFileWriter::Open(file_, parts_.path(), files, 10);
  }
  Status Write(int records, os::FileCalls& files = os::SystemFileCalls(), const std::stop_token& stop = {}) {
    ASSIGN_OR_RETURN(ParquetFileWriter writer, Open(files));
    for (int i = 0; i < records; ++i) RETURN_IF_ERROR(writer.Add(RecordNumber(i)));
    return writer.Commit(stop);
  }
  std::vector<std::string> Rows() {
    auto reader = LakeReader::Open();
    std::vector<std::string> rows;
    const Status status = reader->ForEach(file_, [&](const LakeRecord& row) {
      rows.push_back(Json(row));
      return Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return rows;
  }
  std::set<std::string> Names() {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_.path())) names.insert(entry.path().filename());
    return names;
  }

  os::TemporaryFolder folder_;
  os::TemporaryFolder parts_;
  fs::path file_ = folder_.path() / "x.parquet";
};

TEST_F(ParquetFileTest, RecordsComeBackAsTheyWereInTheirOrderFromMoreThanOnePart) {
  ASSERT_TRUE(Write(25).ok());
  std::vector<std::string> wanted;
  for (int i = 0; i < 25; ++i) wanted.push_back(Json(RecordNumber(i)));
  EXPECT_EQ(Rows(), wanted);
}

TEST_F(ParquetFileTest, NoRecordsAreAFileWithoutRows) {
  ASSERT_TRUE(Write(0).ok());
  EXPECT_TRUE(Rows().empty());
}

TEST_F(ParquetFileTest, WithoutACommitTheOldFileStaysAlone) {
  folder_.Put("x.parquet", "old");
  {
    auto writer = Open();
    ASSERT_TRUE(writer.ok());
    ASSERT_TRUE(writer->Add(RecordNumber(1)).ok());
    EXPECT_THAT(Names(), ElementsAre("x.parquet", "x.parquet.tmp"));
  }
  EXPECT_THAT(Names(), ElementsAre("x.parquet"));
  EXPECT_EQ(*os::ReadFile(file_, 100), "old");
}

TEST_F(ParquetFileTest, WhatACrashLeftIsWrittenOverAndNoOtherNameAppears) {
  folder_.Put("x.parquet.tmp", "left");
  fs::create_directory(folder_.path() / "tmp_x.parquet.tmp");  // where DuckDB writes by itself
  const Status status = Write(3);
  EXPECT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(Rows().size(), 3U);
}

TEST_F(ParquetFileTest, ValueThatDoesNotFitIsNamedAndLeavesTheOthers) {
  auto writer = Open();
  ASSERT_TRUE(writer.ok());
  LakeRecord large = RecordNumber(1);
  large.record.inference_time_ms = 1e300;
  const Status refused = writer->Add(large);
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("inference_time_ms"));
  ASSERT_TRUE(writer->Add(RecordNumber(2)).ok());
  ASSERT_TRUE(writer->Commit().ok());
  EXPECT_THAT(Rows(), ElementsAre(Json(RecordNumber(2))));
}

TEST_F(ParquetFileTest, FolderNameThatIsNotUtf8IsRefused) {
  auto writer = Open();
  LakeRecord odd = RecordNumber(1);
  odd.device_name = "\xff";
  EXPECT_EQ(writer->Add(odd).code(), Code::kInvalidArgument);
}

TEST_F(ParquetFileTest, PlaceThatCannotBeWrittenIsKnownAtOnce) {
  file_ = folder_.path() / "no" / "x.parquet";
  EXPECT_THAT(Open().status().message(), HasSubstr("no/x.parquet.tmp"));
}

TEST_F(ParquetFileTest, WishToStopEndsTheCommitAndLeavesNoFile) {
  std::stop_source stop;
  stop.request_stop();
  EXPECT_EQ(Write(30, os::SystemFileCalls(), stop.get_token()).code(), Code::kCancelled);
  EXPECT_TRUE(Names().empty());
}

TEST_F(ParquetFileTest, AnyFailingCallIsSaidAndTheOldFileOrTheNewOneIsThere) {
  int calls = 0;
  os::FaultyFileCalls counting([&](int nth) { return calls = nth, 0; });
  ASSERT_TRUE(Write(3, counting).ok());
  for (int failing = 1; failing <= calls; ++failing) {
    folder_.Put("x.parquet", "old");
    os::FaultyFileCalls faulty([&](int nth) { return nth == failing ? ENOSPC : 0; });
    EXPECT_FALSE(Write(3, faulty).ok()) << failing;
    EXPECT_THAT(Names(), ElementsAre("x.parquet")) << failing;
    const bool is_old = *os::ReadFile(file_, 100'000) == "old";
    EXPECT_TRUE(is_old || Rows().size() == 3) << failing;
  }
}

}  // namespace
}  // namespace inferometer::lake
