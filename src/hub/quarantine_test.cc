#include "hub/quarantine.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <set>

#include "hub/strict_json.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::hub {
namespace {

class SteppedClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return steady; }
  [[nodiscard]] WallTime Wall() const override { return WallTime(std::chrono::microseconds(1759833015123456)); }
  std::chrono::nanoseconds steady = std::chrono::hours(1);
};

class QuarantineTest : public testing::Test {
 protected:
  Quarantine Open(const QuarantineLimits& limits = {}) {
    Quarantine quarantine(*calls_, Folder(), clock_, limits);
    quarantine.Load();
    return quarantine;
  }
  std::filesystem::path Folder() const { return folder_.path() / "quarantine"; }
  void NextSecond() { clock_.steady += std::chrono::seconds(1); }
  // One a second.
  void Keep(Quarantine& quarantine, const std::string& payload) {
    NextSecond();
    quarantine.Keep("iot/metrics/abc", payload, "malformed");
  }
  std::vector<std::string> Payloads() const {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(Folder())) {
      if (entry.path().extension() == ".payload") names.insert(Content(entry.path().filename()));
    }
    return {names.begin(), names.end()};
  }
  std::string Content(const std::string& name) const {
    std::ifstream file(Folder() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::vector<std::string> IndexLines() const {
    std::vector<std::string> lines;
    std::ifstream file(Folder() / "index.jsonl");
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }

  os::TemporaryFolder folder_;
  SteppedClock clock_;
  os::FileCalls* calls_ = &os::SystemFileCalls();
};

TEST_F(QuarantineTest, APayloadIsKeptAsItCameWithALineThatSaysWhatItIs) {
  Quarantine quarantine = Open();
  EXPECT_FALSE(std::filesystem::exists(Folder())) << "made with its first file";
  quarantine.Keep("iot/metrics/abc", std::string("{\0\xff", 3), "byte 1: \"x\"");
  EXPECT_EQ(Content("0000000001-8ae7b12e.payload"), std::string("{\0\xff", 3));
  ASSERT_EQ(IndexLines().size(), 1U);
  EXPECT_EQ(IndexLines()[0], R"({"file":"0000000001-8ae7b12e.payload","received_at":"2025-10-07T10:30:15.123456Z",)"
                             R"("topic":"iot/metrics/abc","reason":"byte 1: \"x\"","bytes":3})");
  EXPECT_EQ(quarantine.counters().kept, 1U);
}

TEST_F(QuarantineTest, HostileTopicsAndReasonsAreEscapedAndCutShort) {
  Quarantine quarantine = Open();
  quarantine.Keep(std::string(65'535, '\x01'), "x", "\x1b[31m\n\xff" + std::string(10'000, '"'));
  quarantine.Keep("second", "y", "z");
  ASSERT_EQ(IndexLines().size(), 2U);
  EXPECT_LT(IndexLines()[0].size(), 4000U);
  StrictJson strict(4096);
  for (const std::string& line : IndexLines()) {
    EXPECT_TRUE(strict.Load(line).ok() && strict.CheckWhole().ok()) << line;
  }
  EXPECT_EQ(Open().files(), 2U);
  EXPECT_EQ(IndexLines().size(), 2U) << "read back and written again";
}

TEST_F(QuarantineTest, OnlyTheBeginningOfALongPayloadIsKept) {
  Quarantine quarantine = Open();
  quarantine.Keep("t", std::string(100'000, 'x'), "too_large");
  EXPECT_EQ(quarantine.bytes(), 65536U);
  EXPECT_NE(IndexLines()[0].find("\"bytes\":100000"), std::string::npos);
}

TEST_F(QuarantineTest, TheOldestGivesWayToTheBoundOfFiles) {
  Quarantine quarantine = Open({.files = 3});
  for (const char* payload : {"a", "b", "c", "d", "e"}) Keep(quarantine, payload);
  EXPECT_EQ(Payloads(), (std::vector<std::string>{"c", "d", "e"}));
  EXPECT_EQ(quarantine.files(), 3U);
  EXPECT_EQ(quarantine.bytes(), 3U);
}

TEST_F(QuarantineTest, TheOldestGivesWayToTheBoundOfBytes) {
  Quarantine quarantine = Open({.bytes = 100});
  Keep(quarantine, std::string(40, 'a'));
  Keep(quarantine, std::string(40, 'b'));
  Keep(quarantine, std::string(90, 'c'));
  EXPECT_EQ(Payloads(), std::vector<std::string>{std::string(90, 'c')});
  EXPECT_EQ(quarantine.bytes(), 90U);
}

TEST_F(QuarantineTest, TheIndexIsBoundedToo) {
  Quarantine quarantine = Open({.files = 5});
  for (int i = 0; i < 100; ++i) Keep(quarantine, std::to_string(i));
  EXPECT_LE(IndexLines().size(), 11U);
  EXPECT_NE(IndexLines().back().find("0000000100-"), std::string::npos);
}

TEST_F(QuarantineTest, AFloodIsCountedNotKept) {
  Quarantine quarantine = Open({.a_second = 10});
  for (int i = 0; i < 1000; ++i) quarantine.Keep("t", std::to_string(i), "r");
  EXPECT_EQ(quarantine.files(), 10U);
  EXPECT_EQ(quarantine.counters().passed_over, 990U);
  NextSecond();
  quarantine.Keep("t", "later", "r");
  EXPECT_EQ(quarantine.files(), 11U);
}

TEST_F(QuarantineTest, ARestartGoesOnWhereItWas) {
  {
    Quarantine quarantine = Open({.files = 3});
    for (const char* payload : {"a", "b", "c"}) Keep(quarantine, payload);
  }
  folder_.Put("quarantine/notes.txt", "mine");
  Quarantine quarantine = Open({.files = 3});
  EXPECT_EQ(quarantine.files(), 3U);
  EXPECT_EQ(quarantine.bytes(), 3U);
  Keep(quarantine, "d");
  EXPECT_EQ(Payloads(), (std::vector<std::string>{"b", "c", "d"}));
  EXPECT_EQ(Content("notes.txt"), "mine");
  EXPECT_EQ(IndexLines().size(), 4U);
  EXPECT_NE(IndexLines()[3].find("0000000004-"), std::string::npos);
}

TEST_F(QuarantineTest, ADamagedIndexLosesOnlyItsOwnLines) {
  {
    Quarantine quarantine = Open();
    for (const char* payload : {"a", "b", "c"}) Keep(quarantine, payload);
  }
  std::string index = Content("index.jsonl");
  index[index.find('\n') + 40] = '\xff';
  folder_.Put("quarantine/index.jsonl", index + "{\"file\":\"0000000003-");
  Quarantine quarantine = Open();
  EXPECT_EQ(quarantine.files(), 3U);
  EXPECT_EQ(IndexLines().size(), 2U);
}

TEST_F(QuarantineTest, AnyCallMayFailAndTheBoundsHold) {
  for (int failing = 1; failing < 60; ++failing) {
    std::filesystem::remove_all(Folder());
    os::FaultyFileCalls calls([&](int nth) { return nth == failing ? EIO : 0; });
    calls.tear_writes = failing % 2 == 0;
    calls_ = &calls;
    Quarantine quarantine = Open({.files = 2});
    for (const char* payload : {"a", "b", "c", "d"}) Keep(quarantine, payload);
    EXPECT_GE(quarantine.counters().kept + quarantine.counters().failed, 4U);
    EXPECT_LE(quarantine.counters().failed, 2U) << "call " << failing;
    EXPECT_LE(Payloads().size(), 3U) << "call " << failing;
    calls_ = &os::SystemFileCalls();
    Quarantine again = Open({.files = 2});
    Keep(again, "e");
    EXPECT_LE(Payloads().size(), 2U) << "call " << failing;
  }
}

TEST_F(QuarantineTest, ADiskThatTakesNothingIsCountedNeverFatal) {
  os::FaultyFileCalls full([](int) { return ENOSPC; });
  calls_ = &full;
  Quarantine quarantine = Open();
  for (int i = 0; i < 5; ++i) Keep(quarantine, "x");
  EXPECT_EQ(quarantine.counters().failed, 5U);
  EXPECT_EQ(quarantine.files(), 0U);
}

TEST_F(QuarantineTest, APlantedLinkIsNotFollowed) {
  const auto target = folder_.Put("elsewhere.txt", "theirs");
  std::filesystem::create_directories(Folder());
  std::filesystem::create_symlink(target, Folder() / "index.jsonl");
  std::filesystem::create_symlink(target, Folder() / "0000000001-9ae0daaf.payload");
  Quarantine quarantine = Open({.files = 1});
  Keep(quarantine, "x");
  std::ifstream file(target);
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>(file), {}), "theirs");
}

}  // namespace
}  // namespace inferometer::hub
