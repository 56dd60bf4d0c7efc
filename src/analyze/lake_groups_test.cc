#include "analyze/lake_groups.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <random>
#include <string>

#include "lake/lake_writer.h"
#include "os/temporary_folder.h"
#include "record/fields.h"

namespace inferometer::analyze {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::size_t kPlenty = std::size_t{1} << 20;

// A lake with verbs, of one device, some thousand records a day.
class LakeBatchTest : public ::testing::Test {
 protected:
  enum class Form { kAlike, kRising, kHalfWithoutEnergy };

  void Fill(Form form, int days = 4, int a_day = 3000) const {
    auto writer = lake::LakeWriter::Open(lake(), os::SystemFileCalls());
    ASSERT_TRUE(writer.ok()) << writer.status().message();
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> spread(5, 0.3);
    for (int i = 0; i < days * a_day; ++i) {
      lake::LakeRecord row;
      InferenceRecord& record = row.record;
      record.timestamp = WallTime(1'700'000'000s + i / a_day * 24h + i % a_day * 1s);
      record.device_id = "pi";
      record.model_name = i % 2 == 0 ? "a model with a long name" : "m";
      record.inference_time_ms = record::Rounded(form == Form::kRising ? i * 0.25 : spread(random), 3);
      record.memory_used_mb = 160.5;
      if (form != Form::kHalfWithoutEnergy || i % 4 < 2) {
        record.energy_consumed_mj = record::Rounded(spread(random), 2);
        record.energy_source = "model";
        record.generated_tokens = 10 + i % 7;
      }
      row.device_name = "edge";
      ASSERT_TRUE(writer->Add(row).ok());
    }
    ASSERT_TRUE(writer->Commit().ok());
  }
  [[nodiscard]] fs::path lake() const { return folder_.path() / "lake"; }
  // Where `apart`, every other one may have been read elsewhere (nothing was), so that no two are read in one go.
  [[nodiscard]] std::vector<LakeFile> Files(bool apart = false) const {
    std::vector<LakeFile> files;
    const auto found = lake::ListPartitions(lake());
    for (const auto& file : *found) files.push_back({file.path, apart && files.size() % 2 == 1});
    return files;
  }
  struct Answer {
    Analysis analysis;
    int readings = 0;
  };
  [[nodiscard]] Answer Read(std::size_t most_kept, unsigned threads = 2, bool apart = false) const {
    const FingerprintSet seen;
    const std::map<GroupKey, Columns> others;
    LakeBatchOptions options;
    options.threads = threads;
    options.most_kept = most_kept;
    options.rows_at_a_time = 1000;
    const std::vector<LakeFile> files = Files(apart);
    LakeBatch batch(files, seen, others, options);
    Answer answer;
    const Status status = batch.Finish(answer.analysis);
    EXPECT_TRUE(status.ok()) << status.message();
    answer.readings = batch.readings();
    return answer;
  }
  os::TemporaryFolder folder_;
};

void ExpectSame(const Analysis& a, const Analysis& b) {
  ASSERT_EQ(a.groups.size(), b.groups.size());
  for (std::size_t i = 0; i < a.groups.size(); ++i) {
    EXPECT_EQ(a.groups[i].key, b.groups[i].key);
    EXPECT_EQ(a.groups[i].total_inferences, b.groups[i].total_inferences);
    for (std::size_t block = 0; block < kBlocks; ++block) {
      const auto& x = a.groups[i].spreads[block];
      const auto& y = b.groups[i].spreads[block];
      ASSERT_EQ(x.has_value(), y.has_value()) << i << " " << block;
      if (!x) continue;
      for (const std::string_view name : kStatisticNames) {
        EXPECT_EQ(StatisticOf(*x, name), StatisticOf(*y, name)) << i << " " << block << " " << name;
      }
    }
  }
}

TEST_F(LakeBatchTest, MoreRecordsThanMemoryGiveTheSameAnswerInOneReading) {
  Fill(Form::kAlike);
  const Answer all = Read(kPlenty);
  ASSERT_EQ(all.analysis.groups.size(), 2U);
  EXPECT_EQ(all.analysis.groups[0].total_inferences, 6000U);
  const Answer some = Read(20'000);
  EXPECT_EQ(some.readings, 1);
  ExpectSame(some.analysis, all.analysis);
}

TEST_F(LakeBatchTest, RecordsThatDriftAreReadAgainAndGiveTheSameAnswer) {
  Fill(Form::kRising);
  const Answer all = Read(kPlenty);
  const Answer few = Read(600);
  EXPECT_GT(few.readings, 1);
  ExpectSame(few.analysis, all.analysis);
}

TEST_F(LakeBatchTest, GroupsThatBelongTogetherAreReadAsOneWhereTheyAreTooLong) {
  Fill(Form::kHalfWithoutEnergy);
  const Answer all = Read(kPlenty);
  ASSERT_EQ(all.analysis.groups.size(), 2U);
  EXPECT_EQ(all.readings, 1);
  const Answer few = Read(2'000);
  EXPECT_GT(few.readings, 1);
  ExpectSame(few.analysis, all.analysis);
}

TEST_F(LakeBatchTest, AnyNumberOfThreadsGivesTheSameAnswer) {
  Fill(Form::kAlike, 8, 1500);
  const Answer one = Read(5'000, 1, true);
  for (const unsigned threads : {2U, 5U}) ExpectSame(Read(5'000, threads, true).analysis, one.analysis);
}

TEST_F(LakeBatchTest, ADamagedFileIsNamedAndLeftOutWhole) {
  Fill(Form::kAlike);
  const std::vector<LakeFile> files = Files();
  const auto size = fs::file_size(files[1].path);
  std::fstream file(files[1].path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 3));
  file << std::string(size / 3, 'x');
  file.close();
  for (const std::size_t most : {kPlenty, std::size_t{600}}) {
    const Answer answer = Read(most);
    ASSERT_EQ(answer.analysis.damaged.size(), 1U);
    EXPECT_EQ(answer.analysis.damaged[0].file, files[1].path.string());
    EXPECT_EQ(answer.analysis.files_read, files.size() - 1);
    EXPECT_EQ(answer.analysis.groups[0].total_inferences, 4500U);
  }
}

}  // namespace
}  // namespace inferometer::analyze
