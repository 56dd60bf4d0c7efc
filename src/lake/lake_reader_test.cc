#include "lake/lake_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <variant>
#include <vector>

#include "lake/columns.h"
#include "lake/database.h"
#include "lake/lake_record_for_tests.h"
#include "lake/row_appender.h"
#include "os/temporary_folder.h"
#include "record/context_fields.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using namespace std::chrono_literals;

// Every field of the table, each with a value of its own.
struct FieldFiller {
  InferenceRecord& record;
  int number;
  const record::Field& field;
  void operator()(record::TimeMember member) const { record.*member = WallTime(1'700'000'000'123'456us + number * 1s); }
  void operator()(record::TextMember member) const {
    record.*member = "text \"" + std::to_string(number) + "\" \xc3\xa9";
  }
  void operator()(record::RealMember member) const {
    record.*member = record::Rounded(10 + number / 7.0, field.decimals);
  }
  void operator()(record::IntegerMember member) const { record.*member = number; }
  void operator()(record::BooleanMember member) const { record.*member = number % 2 == 0; }
  void operator()(record::TextListMember member) const { record.*member = {"a", std::to_string(number), ""}; }
};

LakeRecord FullRecord(int number) {
  LakeRecord full;
  full.device_name = "edge-device-01";
  for (const record::Field& field : record::Fields()) {
    std::visit(FieldFiller{full.record, ++number, field}, field.member);
  }
  full.other_fields = R"({"prompt_length":200,"cpu_percent_samples":[97.0,100.0]})";
  for (const record::ContextField& field : record::ContextFields()) {
    if (field.type == record::ContextType::kText) full.context.emplace_back(field.name, "c" + std::to_string(++number));
    if (field.type == record::ContextType::kInteger) full.context.emplace_back(field.name, std::int64_t{++number});
    if (field.type == record::ContextType::kReal) full.context.emplace_back(field.name, ++number / 3.0);
  }
  full.context.emplace_back("session_id", "5eed");
  full.context.emplace_back("answer", std::int64_t{42});
  full.context.emplace_back("is_new", true);
  return full;
}

LakeRecord SmallRecord(double time_ms) {
  LakeRecord small;
  small.device_name = "d";
  small.record.timestamp = WallTime(1'700'000'000s);
  small.record.device_id = "d";
  small.record.inference_time_ms = time_ms;
  return small;
}

// Writes records into a Parquet file, and reads them back.
class RowsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto opened = Database::Open({});
    ASSERT_TRUE(opened.ok()) << opened.status().message();
    database_ = std::make_unique<Database>(std::move(*opened));
    ASSERT_TRUE(database_->Run("CREATE TABLE rows (" + ColumnDefinitions() + ", last INTEGER)").ok());
  }
  Status Add(const LakeRecord& record) {
    auto appender = RowAppender::Open(*database_, "rows");
    if (!appender.ok()) return appender.status();
    const Status status = appender->Add(record);
    return status.ok() ? appender->Flush() : status;
  }
  void Write(const std::string& select = "SELECT * EXCLUDE (last) FROM rows") {
    const Status status =
        database_->Run("COPY (" + select + ") TO " + SqlText(file_.string()) + " (FORMAT parquet, PARQUET_VERSION v2)");
    ASSERT_TRUE(status.ok()) << status.message();
  }
  std::vector<LakeRecord> Read() {
    std::vector<LakeRecord> rows;
    const Status status = Reader().ForEach(file_, [&](const LakeRecord& row) {
      rows.push_back(row);
      return Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return rows;
  }
  Status ReadStatus() {
    return Reader().ForEach(file_, [](const LakeRecord&) { return Ok(); });
  }

  static LakeReader Reader() {
    auto reader = LakeReader::Open();
    EXPECT_TRUE(reader.ok());
    return std::move(*reader);
  }

  os::TemporaryFolder folder_;
  std::filesystem::path file_ = folder_.path() / "records.parquet";
  std::unique_ptr<Database> database_;
};

TEST_F(RowsTest, EveryFieldComesBackAsItWas) {
  const LakeRecord full = FullRecord(0);
  ASSERT_TRUE(Add(full).ok());
  Write();
  const auto rows = Read();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(Json(rows[0]), Json(full));
}

TEST_F(RowsTest, WhatIsAbsentStaysAbsent) {
  ASSERT_TRUE(Add(SmallRecord(1)).ok());
  ASSERT_TRUE(Add(FullRecord(3)).ok());
  ASSERT_TRUE(Add(SmallRecord(2)).ok());
  Write();
  const auto rows = Read();
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(Json(rows[0]), Json(SmallRecord(1)));
  EXPECT_EQ(Json(rows[1]), Json(FullRecord(3)));
  EXPECT_EQ(Json(rows[2]), Json(SmallRecord(2)));
}

TEST_F(RowsTest, MoreRowsThanAChunkKeepTheirOrder) {
  auto appender = RowAppender::Open(*database_, "rows");
  ASSERT_TRUE(appender.ok());
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(appender->Add(SmallRecord(i)).ok());
  ASSERT_TRUE(appender->Flush().ok());
  Write();
  const auto rows = Read();
  ASSERT_EQ(rows.size(), 5000U);
  for (int i = 0; i < 5000; ++i) ASSERT_EQ(rows[static_cast<std::size_t>(i)].record.inference_time_ms, i);
}

TEST_F(RowsTest, RealWithMoreDigitsThanItsColumnComesBackToTheLastBit) {
  for (const double value : {1427.9161230000001, 0.1 + 0.2, 1.0 / 3, 5e-324, 1e-9, 123456789012345.67}) {
    ASSERT_TRUE(Add(SmallRecord(value)).ok());
  }
  Write();
  std::vector<double> values;
  for (const LakeRecord& row : Read()) values.push_back(*row.record.inference_time_ms);
  EXPECT_THAT(values, ElementsAre(1427.9161230000001, 0.1 + 0.2, 1.0 / 3, 5e-324, 1e-9, 123456789012345.67));
}

TEST_F(RowsTest, RealThatNoColumnHoldsIsRefusedByName) {
  const Status status = Add(SmallRecord(1e15));
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), HasSubstr("inference_time_ms"));
  Write();
  EXPECT_TRUE(Read().empty());
}

TEST_F(RowsTest, TextWithANulByteComesBack) {
  LakeRecord record = SmallRecord(1);
  record.record.model_name = std::string("a\0b and longer than twelve", 26);
  ASSERT_TRUE(Add(record).ok());
  Write();
  EXPECT_EQ(Read().at(0).record.model_name, record.record.model_name);
}

TEST_F(RowsTest, FileOfOthersIsReadByName) {
  Write("SELECT 12.5::DOUBLE AS inference_time_ms, 'x' AS unknown, 'SmolLM2' AS model_name, 7::INTEGER AS threads");
  const auto rows = Read();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].record.inference_time_ms, 12.5);
  EXPECT_EQ(rows[0].record.model_name, "SmolLM2");
  EXPECT_THAT(rows[0].context, ElementsAre(std::pair("threads", store::ContextValue(std::int64_t{7}))));
}

TEST_F(RowsTest, ValueThatIsNotWhatItsColumnIsForIsDamageWithTheFilesName) {
  Write("SELECT 'fast' AS inference_time_ms");
  const Status status = ReadStatus();
  EXPECT_EQ(status.code(), Code::kDataLoss);
  EXPECT_THAT(status.message(), HasSubstr("records.parquet"));
  EXPECT_THAT(status.message(), HasSubstr("fast"));
}

TEST_F(RowsTest, UnroundedThatIsNoRealIsDamage) {
  for (const char* json : {"[1]", "{\"model_name\":1}", "{\"inference_time_ms\":\"x\"}", "{", "{\"nothing\":1}"}) {
    Write(std::string("SELECT '") + json + "' AS unrounded");
    EXPECT_EQ(ReadStatus().code(), Code::kDataLoss) << json;
  }
}

TEST_F(RowsTest, FileThatIsCutIsDamage) {
  ASSERT_TRUE(Add(FullRecord(0)).ok());
  Write();
  std::filesystem::resize_file(file_, std::filesystem::file_size(file_) - 10);
  const Status status = ReadStatus();
  EXPECT_EQ(status.code(), Code::kDataLoss) << status.message();
  EXPECT_THAT(status.message(), HasSubstr("records.parquet"));
}

TEST_F(RowsTest, FailureOfTheReceiverEndsTheWalk) {
  ASSERT_TRUE(Add(SmallRecord(1)).ok());
  ASSERT_TRUE(Add(SmallRecord(2)).ok());
  Write();
  int calls = 0;
  const Status status = Reader().ForEach(file_, [&](const LakeRecord&) {
    ++calls;
    return Status(Code::kResourceExhausted, "full");
  });
  EXPECT_EQ(status.message(), "full");
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace inferometer::lake
