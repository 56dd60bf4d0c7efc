#include "analyze/reading_index.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cerrno>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "analyze/sample_files.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

std::string TextOf(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// A metrics directory with an index, whatever its size.
class ReadingIndexTest : public ::testing::Test {
 protected:
  fs::path Put(const std::string& name, double time_ms, int second = 1) const {
    return folder_.Put(name, FileWith({OurRecord({second, time_ms, 500, "pi", "m"})}));
  }
  // Until another change of the files would show.
  static void Settle() { std::this_thread::sleep_for(std::chrono::milliseconds(150)); }
  [[nodiscard]] Analysis Run(const std::string& maker = "this") const {
    AnalyzeOptions options;
    options.threads = 2;
    options.index_maker = maker;
    options.least_indexed_bytes = 0;
    auto analysis = Analyze(folder_.path(), options);
    EXPECT_TRUE(analysis.ok()) << analysis.status().message();
    return analysis.ok() ? *analysis : Analysis();
  }
  // The one average; it tells which version of a file was read.
  [[nodiscard]] double Average(const std::string& maker = "this") const {
    const Analysis analysis = Run(maker);
    return analysis.groups.size() == 1 ? analysis.groups[0].Of(Block::kInferenceTime)->avg : -1;
  }
  [[nodiscard]] fs::path index() const { return folder_.path() / kIndexFile; }
  // Puts other content under the same name, size and time of writing: only an index would not see it. Tells what is
  // read from the index from what is read from files.
  void ChangeUnseen(const fs::path& path, const std::string& from, const std::string& to) const {
    std::string text = TextOf(path);
    const auto at = text.find(from);
    ASSERT_NE(at, std::string::npos);
    struct stat before {};
    ASSERT_EQ(::stat(path.c_str(), &before), 0);
    std::ofstream(path, std::ios::binary) << text.replace(at, from.size(), to);
    const timespec times[2] = {before.st_atim, before.st_mtim};
    ASSERT_EQ(::utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  os::TemporaryFolder folder_;
};

TEST_F(ReadingIndexTest, WhatIsUnchangedIsAnsweredFromTheIndex) {
  Put("a/inference_metrics_1.json", 100);
  Settle();
  EXPECT_EQ(Average(), 100);
  const std::string text = TextOf(index());
  EXPECT_NE(text.find("inference_metrics_1"), std::string::npos);
  const auto modified = fs::last_write_time(index());
  EXPECT_EQ(Average(), 100);
  EXPECT_EQ(fs::last_write_time(index()), modified);  // nothing was read, so nothing is kept anew
  EXPECT_EQ(TextOf(index()), text);
}

TEST_F(ReadingIndexTest, AChangeThatOnlyTheInodeShowsIsSeen) {
  const fs::path file = Put("a/inference_metrics_1.json", 100);
  Settle();
  EXPECT_EQ(Average(), 100);
  ChangeUnseen(file, "\"inference_time_ms\":100", "\"inference_time_ms\":200");
  EXPECT_EQ(Average(), 200);
}

TEST_F(ReadingIndexTest, AFileThatChangedJustNowIsNotKept) {
  Put("a/inference_metrics_1.json", 100);
  EXPECT_EQ(Average(), 100);
  EXPECT_EQ(TextOf(index()).find("inference_metrics_1"), std::string::npos);
  Put("a/inference_metrics_1.json", 200);
  EXPECT_EQ(Average(), 200);
}

TEST_F(ReadingIndexTest, NewGoneAndRenamedFilesChangeTheAnswer) {
  const fs::path first = Put("a/inference_metrics_1.json", 100);
  Settle();
  EXPECT_EQ(Average(), 100);
  const fs::path second = Put("a/inference_metrics_2.json", 300, 2);
  EXPECT_EQ(Average(), 200);
  Settle();
  EXPECT_EQ(Average(), 200);
  fs::remove(first);
  EXPECT_EQ(Average(), 300);
  fs::create_directories(folder_.path() / "b");
  fs::rename(second, folder_.path() / "b/inference_metrics_2.json");
  EXPECT_EQ(Run().groups[0].key.device_name, "b");
  Settle();
  EXPECT_EQ(Run().groups[0].key.device_name, "b");
  fs::rename(folder_.path() / "b", folder_.path() / "c");  // which leaves the file as it is, inode and times
  EXPECT_EQ(Run().groups[0].key.device_name, "c");
}

TEST_F(ReadingIndexTest, ALoadThatIsNewChangesTheAnswer) {
  Put("a/inference_metrics_1.json", 100);
  Settle();
  EXPECT_FALSE(Run().groups[0].load_time_seconds.has_value());
  folder_.Put(
      "a/loading_metrics.json",
      R"({"event":"model_loading","timestamp":"2025-10-07T10:30:00Z","device_id":"pi","model_name":"m","load_time_seconds":2.5})");
  EXPECT_EQ(Run().groups[0].load_time_seconds, 2.5);
}

TEST_F(ReadingIndexTest, AnotherProgramsIndexIsNotUsed) {
  const fs::path file = Put("a/inference_metrics_1.json", 100);
  Settle();
  EXPECT_EQ(Average("one"), 100);
  const std::string of_one = TextOf(index());
  EXPECT_EQ(Average("two"), 100);
  EXPECT_NE(TextOf(index()), of_one);
}

TEST_F(ReadingIndexTest, AnIndexThatIsDamagedAnywhereGivesTheSameAnswer) {
  Put("a/inference_metrics_1.json", 100);
  Put("b/inference_metrics_2.json", 300, 2);
  Settle();
  static_cast<void>(Run());
  const std::string good = TextOf(index());
  const auto put_index = [&](const std::string& text) { std::ofstream(index(), std::ios::binary) << text; };
  for (std::size_t size = 0; size < good.size(); size += 7) {
    put_index(good.substr(0, size));
    ASSERT_EQ(Run().groups.size(), 2U) << size;
  }
  for (std::size_t i = 0; i < good.size(); i += 5) {
    std::string damaged = good;
    damaged[i] = static_cast<char>(~damaged[i]);
    put_index(damaged);
    const Analysis analysis = Run();
    ASSERT_EQ(analysis.groups.size(), 2U) << i;
    ASSERT_EQ(analysis.groups[0].Of(Block::kInferenceTime)->avg, 100) << i;
    ASSERT_EQ(analysis.groups[1].Of(Block::kInferenceTime)->avg, 300) << i;
  }
}

TEST_F(ReadingIndexTest, APipeInItsPlaceIsNotWaitedFor) {
  Put("a/inference_metrics_1.json", 100);
  ASSERT_EQ(::mkfifo(index().c_str(), 0600), 0);
  EXPECT_EQ(Average(), 100);
}

TEST_F(ReadingIndexTest, DamagedFilesAreNamedEveryTime) {
  Put("a/inference_metrics_1.json", 100);
  folder_.Put("a/inference_metrics_2.json", "{");
  Settle();
  EXPECT_EQ(Run().damaged.size(), 1U);
  EXPECT_EQ(Run().damaged.size(), 1U);
}

TEST_F(ReadingIndexTest, CumulativeFilesCountOnceFromTheIndexToo) {
  folder_.Put("a/inference_metrics_1.json", FileWith({OlderRecord({1})}));
  folder_.Put("a/inference_metrics_2.json", FileWith({OlderRecord({1}), OlderRecord({2})}));
  Settle();
  EXPECT_EQ(Run().groups[0].total_inferences, 2U);
  folder_.Put("a/inference_metrics_3.json", FileWith({OlderRecord({1}), OlderRecord({2}), OlderRecord({3})}));
  EXPECT_EQ(Run().groups[0].total_inferences, 3U);
}

// An index of one file of which nothing but a text is kept, so long that it is written in several pieces.
class TextIndex {
 public:
  TextIndex(const fs::path& root, const fs::path& file) : root_(root), metrics_{{file, "a"}} {}
  void Keep(os::FileCalls& calls, const std::string& text) const {
    ReadingIndex index(calls, root_, "this", files_, 0);
    index.Begin();
    index.Keep(0, text + std::string(kFilling, ' '));
    index.Finish(Analysis());
  }
  [[nodiscard]] std::string Kept() const {
    ReadingIndex index(os::SystemFileCalls(), root_, "this", files_, 0);
    std::string text;
    return index.Find(0, text) && text.size() > kFilling ? text.substr(0, text.size() - kFilling) : "nothing";
  }

 private:
  static constexpr std::size_t kFilling = 100'000;
  fs::path root_;
  std::vector<FoundFile> metrics_;
  AnalyzedFiles files_{metrics_, {}, {}};
};

TEST_F(ReadingIndexTest, OneThatCannotBeWrittenLeavesTheOldOneAndNothingBesideIt) {
  const TextIndex index(folder_.path(), Put("a/inference_metrics_1.json", 100));
  Settle();
  int failing = 1;  // every call in turn; a torn write is seen when the rest cannot be written either
  for (bool is_done = false; !is_done; ++failing) {
    for (const bool torn : {false, true}) {
      index.Keep(os::SystemFileCalls(), "old");
      ASSERT_EQ(index.Kept(), "old");
      os::FaultyFileCalls faulty(
          [&](int nth_call) { return nth_call == failing || (torn && nth_call == failing + 1) ? ENOSPC : 0; });
      faulty.tear_writes = torn;
      index.Keep(faulty, "new");
      is_done = faulty.calls() < failing;
      EXPECT_THAT(index.Kept(), ::testing::AnyOf("old", "new")) << failing;
      EXPECT_TRUE(!is_done || index.Kept() == "new");
      if (torn) continue;  // the removal of what was begun may have failed, too
      for (const auto& left : fs::directory_iterator(folder_.path())) {
        EXPECT_THAT(left.path().filename().string(), ::testing::AnyOf("a", std::string(kIndexFile))) << failing;
      }
    }
  }
  EXPECT_GT(failing, 8);
}

TEST_F(ReadingIndexTest, WhereNoneCanBeWrittenEverythingIsRead) {
  Put("a/inference_metrics_1.json", 100);
  Settle();
  fs::create_directory(folder_.path() / (std::string(kIndexFile) + std::string(os::kTemporarySuffix)));
  EXPECT_EQ(Average(), 100);
  EXPECT_FALSE(fs::exists(index()));
}

}  // namespace
}  // namespace inferometer::analyze
