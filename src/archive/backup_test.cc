#include "archive/backup.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "archive/tar_stream.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::archive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace fs = std::filesystem;

// A metrics directory, whose tar is unpacked by tar(1).
class BackupTest : public ::testing::Test {
 protected:
  BackupTest() {
    for (const auto& [name, text] :
         std::map<std::string, std::string>{{"pi/inference_metrics_a.json", "records"},
                                            {"pi/loading_metrics.json", "{}"},
                                            {"pi/journal/0000000001.journal", "segment"},
                                            {"pi/journal/ledger", "ledger"},
                                            {"pi/.cleaned", "note"},
                                            {"lake/device=a/date=2025-10-07/x.parquet", "rows"},
                                            {"notes with spaces \xc3\xa9.txt", ""}}) {
      folder_.Put("m/" + name, text);
    }
    for (const char* const name :
         {"pi/.lock", "pi/journal/ballast", "lake/.archived", "pi/b.json.tmp", ".clean.lock"}) {
      folder_.Put(std::string("m/") + name, "not for others");
    }
    options_.metrics_dir = folder_.path() / "m";
    options_.tar = folder_.path() / "backup.tar";
  }
  Result<BackupReport> Run(os::FileCalls& files = os::SystemFileCalls()) {
    options_.compression = CompressionOf(options_.tar).value_or(Compression::kNone);
    return BackUp(options_, files);
  }
  // The names of the files that tar(1) gives back, relative to where it stood.
  [[nodiscard]] std::vector<std::string> Unpacked() const {
    const fs::path into = folder_.path() / "out";
    fs::remove_all(into);
    fs::create_directory(into);
    EXPECT_EQ(std::system(("tar -C " + into.string() + " -xf " + options_.tar.string()).c_str()), 0);
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(into)) {
      if (entry.is_regular_file()) names.push_back(entry.path().lexically_relative(into).string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  os::TemporaryFolder folder_;
  BackupOptions options_;
};

TEST_F(BackupTest, TarGivesBackEveryFileThatMeansSomethingElsewhere) {
  for (const char* const name : {"backup.tar", "backup.tar.gz", "backup.tgz", "backup.tar.zst"}) {
    options_.tar = folder_.path() / name;
    const auto report = Run();
    ASSERT_TRUE(report.ok()) << report.status().message();
    EXPECT_EQ(report->files, 7U);
    EXPECT_EQ(report->tar_bytes, fs::file_size(options_.tar)) << name;
    EXPECT_THAT(report->left, IsEmpty());
    EXPECT_THAT(Unpacked(),
                ElementsAre("m/lake/device=a/date=2025-10-07/x.parquet", "m/notes with spaces \xc3\xa9.txt",
                            "m/pi/.cleaned", "m/pi/inference_metrics_a.json", "m/pi/journal/0000000001.journal",
                            "m/pi/journal/ledger", "m/pi/loading_metrics.json"))
        << name;
    EXPECT_EQ(*os::ReadFile(folder_.path() / "out/m/pi/journal/0000000001.journal", 100), "segment");
  }
}

TEST_F(BackupTest, LakeThatStandsElsewhereComesToItsPlace) {
  folder_.Put("other/device=b/date=2025-10-07/records.parquet", "rows");
  options_.lake = folder_.path() / "other";
  ASSERT_TRUE(Run().ok());
  EXPECT_THAT(Unpacked(), testing::Contains("m/lake/device=b/date=2025-10-07/records.parquet"));
  EXPECT_THAT(Unpacked(), testing::Not(testing::Contains("m/lake/device=a/date=2025-10-07/x.parquet")));
}

TEST_F(BackupTest, JournalsComeFirstAndLedgersBehindTheirSegments) {
  std::string tar;
  options_.tar.clear();
  options_.sink = [&](std::string_view bytes) {
    tar += bytes;
    return Ok();
  };
  ASSERT_TRUE(BackUp(options_, os::SystemFileCalls()).ok());
  const auto at = [&](const char* name) { return tar.find(name); };
  EXPECT_LT(at("0000000001.journal"), at("journal/ledger"));
  EXPECT_LT(at("journal/ledger"), at("inference_metrics_a.json"));
  EXPECT_LT(at("inference_metrics_a.json"), at("x.parquet"));
  EXPECT_LT(at("x.parquet"), at(".cleaned"));
}

TEST_F(BackupTest, LinksAreNamedAndNotFollowed) {
  folder_.Put("secret", "secret");
  fs::create_symlink(folder_.path() / "secret", folder_.path() / "m/pi/inference_metrics_link.json");
  const auto report = Run();
  ASSERT_TRUE(report.ok());
  ASSERT_THAT(report->left, SizeIs(1));
  EXPECT_THAT(report->left[0].file, HasSubstr("inference_metrics_link.json"));
}

TEST_F(BackupTest, TarWithinTheDirectoryIsRefused) {
  options_.tar = folder_.path() / "m/pi/backup.tar";
  EXPECT_EQ(Run().status().code(), Code::kInvalidArgument);
}

TEST_F(BackupTest, MissingDirectoryIsNotFoundAndLeavesNothing) {
  options_.metrics_dir = folder_.path() / "nowhere";
  EXPECT_EQ(Run().status().code(), Code::kNotFound);
  EXPECT_FALSE(fs::exists(options_.tar));
  EXPECT_FALSE(fs::exists(options_.tar.string() + ".tmp"));
}

TEST_F(BackupTest, ItIsWholeOrNotThereWhateverCallFails) {
  os::FaultyFileCalls counting([](int) { return 0; });
  ASSERT_TRUE(Run(counting).ok());
  for (int failing = 1; failing <= counting.calls(); ++failing) {
    fs::remove(options_.tar);
    os::FaultyFileCalls files([&](int nth) { return nth == failing ? ENOSPC : 0; });
    const bool is_ok = Run(files).ok();
    EXPECT_FALSE(is_ok) << failing;
    if (fs::exists(options_.tar)) {
      EXPECT_THAT(Unpacked(), SizeIs(7)) << failing;
    }
    EXPECT_FALSE(fs::exists(options_.tar.string() + ".tmp")) << failing;
  }
}

TEST_F(BackupTest, StopLeavesNothing) {
  std::stop_source stop;
  stop.request_stop();
  options_.stop = stop.get_token();
  EXPECT_EQ(Run().status().code(), Code::kCancelled);
  EXPECT_FALSE(fs::exists(options_.tar));
}

TEST_F(BackupTest, WhatReadsBackDifferentlyIsFound) {
  ASSERT_TRUE(Run().ok());
  std::vector<TarEntry> entries;
  EXPECT_EQ(CompareTar(options_.tar, entries).code(), Code::kDataLoss);
  auto writer = TarWriter::Open(Compression::kNone, [](std::string_view) { return Ok(); });
  ASSERT_TRUE(writer->AddFile(options_.metrics_dir / "pi/loading_metrics.json", "m/pi/loading_metrics.json").ok());
  const fs::path one = folder_.path() / "one.tar";
  std::string bytes;
  auto again = TarWriter::Open(Compression::kNone, [&](std::string_view piece) {
    bytes += piece;
    return Ok();
  });
  ASSERT_TRUE(again->AddFile(options_.metrics_dir / "pi/loading_metrics.json", "m/pi/loading_metrics.json").ok());
  ASSERT_TRUE(again->Finish().ok());
  std::ofstream(one, std::ios::binary) << bytes;
  EXPECT_TRUE(CompareTar(one, writer->entries()).ok());
  bytes[512] = 'x';  // the first byte of the file
  std::ofstream(one, std::ios::binary) << bytes;
  EXPECT_EQ(CompareTar(one, writer->entries()).code(), Code::kDataLoss);
}

TEST(TarWriterTest, FileThatIsGoneIsLeftOut) {
  auto writer = TarWriter::Open(Compression::kNone, [](std::string_view) { return Ok(); });
  const auto added = writer->AddFile("/nowhere/at/all", "x");
  ASSERT_TRUE(added.ok());
  EXPECT_FALSE(added->is_there);
  EXPECT_EQ(added->why, "it went meanwhile");
}

}  // namespace
}  // namespace inferometer::archive
