#include "analyze/files_ahead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "analyze/sample_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

class FilesAheadTest : public ::testing::TestWithParam<unsigned> {
 protected:
  static constexpr int kFiles = 40;

  void PutFile(int number, const std::string& text) {
    files_.push_back({folder_.path() / fmt::format("inference_metrics_{:02}.json", number), std::nullopt});
    folder_.Put(files_.back().path.filename().string(), text);
  }
  void PutFiles() {
    for (int i = 0; i < kFiles; ++i) PutFile(i, FileWith({OurRecord({.time_ms = 1.0 + i})}));
  }
  static std::vector<double> TimesIn(RecordFile& records) {
    std::vector<double> times;
    const Status status = records.ForEach([&](const RecordOrigin&, const InferenceRecord& record) {
      times.push_back(record.inference_time_ms.value_or(-1));
      return Ok();
    });
    EXPECT_TRUE(status.ok()) << status.message();
    return times;
  }

  os::TemporaryFolder folder_;
  std::vector<FoundFile> files_;
};

TEST_P(FilesAheadTest, EachFileComesOnceAndInItsTurn) {
  PutFiles();
  FilesAhead ahead(files_, GetParam());
  for (int i = 0; i < kFiles; ++i) {
    const LoadedFile file = ahead.Next();
    ASSERT_TRUE(file.status.ok()) << file.status.message();
    EXPECT_EQ(file.path, files_[static_cast<std::size_t>(i)].path);
    EXPECT_EQ(TimesIn(file.records), std::vector<double>{1.0 + i});
  }
}

TEST_P(FilesAheadTest, FileInUseStaysAsItIsWhileOthersAreLoaded) {
  PutFiles();
  FilesAhead ahead(files_, GetParam());
  const LoadedFile first = ahead.Next();
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // by then all room is filled
  EXPECT_EQ(TimesIn(first.records), std::vector<double>{1.0});
}

TEST_P(FilesAheadTest, DamagedFileFailsAndTheOnesBehindItCome) {
  PutFile(0, FileWith({OurRecord({.time_ms = 1})}));
  PutFile(1, R"({"detailed_metrics": [{"device_id": 7}]})");
  PutFile(2, FileWith({OurRecord({.time_ms = 3})}));
  FilesAhead ahead(files_, GetParam());
  EXPECT_TRUE(ahead.Next().status.ok());
  EXPECT_THAT(ahead.Next().status.message(), HasSubstr("device_id"));
  const LoadedFile third = ahead.Next();
  ASSERT_TRUE(third.status.ok());
  EXPECT_EQ(TimesIn(third.records), std::vector<double>{3});
}

TEST_P(FilesAheadTest, FileThatIsTooLargeToBeKeptHasAllItsRecords) {
  std::vector<std::string> records;
  for (std::size_t bytes = 0; bytes <= RecordFile::kMostKeptBytes; bytes += records.back().size()) {
    records.push_back(OurRecord({.time_ms = 1.0 + static_cast<double>(records.size())}));
  }
  PutFile(0, FileWith({OurRecord({.time_ms = 0.5})}));
  PutFile(1, FileWith(records));
  FilesAhead ahead(files_, GetParam());
  EXPECT_TRUE(ahead.Next().status.ok());
  const LoadedFile large = ahead.Next();
  ASSERT_TRUE(large.status.ok()) << large.status.message();
  const std::vector<double> times = TimesIn(large.records);
  EXPECT_EQ(times.size(), records.size());
  EXPECT_TRUE(std::is_sorted(times.begin(), times.end()));
}

TEST_P(FilesAheadTest, EndsBeforeAllFilesAreAskedFor) {
  PutFiles();
  FilesAhead ahead(files_, GetParam());
  EXPECT_TRUE(ahead.Next().status.ok());
}

TEST_P(FilesAheadTest, NoFilesAreNoWork) { FilesAhead ahead({}, GetParam()); }

INSTANTIATE_TEST_SUITE_P(Threads, FilesAheadTest, ::testing::Values(0U, 1U, 3U));

}  // namespace
}  // namespace inferometer::analyze
