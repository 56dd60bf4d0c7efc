#include "lake/file_checksum.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "lake/database.h"
#include "lake/lake_reader.h"
#include "lake/lake_writer.h"
#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

using ::testing::HasSubstr;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

// One day of one device in a lake, to be damaged.
class FileChecksumTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(Write(0, 200).ok());
    ASSERT_TRUE(fs::exists(file_));
    bytes_ = *os::ReadFile(file_, 1 << 24);
  }
  // Adds records, as the archive does.
  Status Write(int from, int to) {
    auto writer = LakeWriter::Open(folder_.path(), os::SystemFileCalls());
    for (int i = from; i < to; ++i) {
      LakeRecord row;
      row.device_name = "edge-1";
      row.record.timestamp = WallTime(1'700'000'000s + std::chrono::seconds(i));
      row.record.device_id = "d";
      row.record.model_name = "m" + std::to_string(i % 7);
      row.record.inference_time_ms = 100 + i * 1.5;
      EXPECT_TRUE(writer->Add(row).ok());
    }
    return writer->Commit().status();
  }
  void Put(const std::string& bytes) const { std::ofstream(file_, std::ios::binary) << bytes; }
  // "good", "none", or why it cannot be read.
  [[nodiscard]] std::string State() const {
    const auto checksum = CheckChecksum(file_);
    if (!checksum.ok()) return checksum.status().message();
    return *checksum == FileChecksum::kGood ? "good" : "none";
  }
  [[nodiscard]] Status Read() const {
    auto reader = LakeReader::Open();
    return reader->ForEach(file_, [](const LakeRecord&) { return Ok(); });
  }

  const os::TemporaryFolder folder_;
  const fs::path file_ = folder_.path() / "device=d/date=2023-11-14/records.parquet";
  std::string bytes_;
};

TEST_F(FileChecksumTest, FileOfTheLakeIsGood) {
  EXPECT_EQ(State(), "good");
  EXPECT_TRUE(Read().ok());
}

// Where the key itself is hit, there is no checksum to find; but then nothing else is.
TEST_F(FileChecksumTest, AnyFlippedBitIsFound) {
  const std::size_t key = bytes_.rfind(kChecksumKey);
  ASSERT_NE(key, std::string::npos);
  const std::size_t stride = std::getenv("INFEROMETER_FULL_TESTS") == nullptr ? 7 : 1;
  for (std::size_t at = 0; at < bytes_.size(); at += stride) {
    std::string damaged = bytes_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << at % 8));
    Put(damaged);
    const bool is_key = at >= key && at < key + kChecksumKey.size() + 2;
    const bool is_end = at + 8 >= bytes_.size();  // it may be no Parquet any more, as every reader says
    if (is_key || is_end) {
      EXPECT_NE(State(), "good") << at;
    } else {
      EXPECT_THAT(State(), HasSubstr("not those that were written")) << at;
    }
    if (is_end) {
      EXPECT_FALSE(Read().ok()) << at;
    }
  }
}

TEST_F(FileChecksumTest, FileThatIsCutIsNotGood) {
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{7}, bytes_.size() / 2, bytes_.size() - 1}) {
    Put(bytes_.substr(0, bytes));
    EXPECT_EQ(State(), "none") << bytes;
    EXPECT_FALSE(Read().ok()) << bytes;
  }
}

TEST_F(FileChecksumTest, DamagedFileGivesNoRowAndTakesNone) {
  std::string damaged = bytes_;
  damaged[100] = static_cast<char>(damaged[100] ^ 1);
  Put(damaged);
  EXPECT_EQ(Read().code(), Code::kDataLoss);
  EXPECT_THAT(Read().message(), HasSubstr(file_.string()));
  EXPECT_EQ(Write(200, 201).code(), Code::kDataLoss);
  EXPECT_EQ(*os::ReadFile(file_, 1 << 24), damaged) << "it is as it was";
}

TEST_F(FileChecksumTest, FileThatGrowsGetsANewOne) {
  ASSERT_TRUE(Write(200, 201).ok());
  EXPECT_EQ(State(), "good");
  EXPECT_NE(*os::ReadFile(file_, 1 << 24), bytes_);
}

TEST_F(FileChecksumTest, FileOfAnotherProgramHasNoneAndIsReadToTheEnd) {
  auto database = Database::Open({});
  ASSERT_TRUE(database
                  ->Run("COPY (SELECT 'd' AS device_id, range::VARCHAR AS model_name FROM range(100000)) TO " +
                        SqlText(file_.string()) + " (FORMAT parquet, COMPRESSION zstd)")
                  .ok());
  EXPECT_EQ(State(), "none");
  auto reader = LakeReader::Open();
  EXPECT_TRUE(reader->Check(file_).ok());
  std::string damaged = *os::ReadFile(file_, 1 << 24);
  for (std::size_t at = 4; at < 64; ++at) damaged[at] = 'x';  // the first page's header
  Put(damaged);
  EXPECT_EQ(reader->Check(file_).code(), Code::kDataLoss) << "though its footer is whole";
}

}  // namespace
}  // namespace inferometer::lake
