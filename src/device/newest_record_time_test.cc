#include "device/newest_record_time.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/timestamp.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::device {
namespace {

WallTime At(const char* text) { return *base::ParseTimestamp(text); }

std::string Line(const std::string& timestamp) {
  return R"({"timestamp":")" + timestamp +
         R"(","device_id":"pi-07","model_name":"m","compute_device":"cpu","status":"error","error_type":"x"})";
}

class NewestRecordTimeTest : public testing::Test {
 protected:
  // A run of its own, and so a segment.
  void Run(const std::vector<std::string>& lines, store::EntryType type = store::EntryType::kRecord) {
    auto journal = store::Journal::Open({.folder = folder(), .owner = "pi-07", .stream = ++stream_},
                                        os::SystemFileCalls(), clock_, owner_);
    ASSERT_TRUE(journal.ok()) << journal.status().message();
    std::uint64_t sequence = 0;
    for (const std::string& line : lines) (*journal)->Append(type, ++sequence, line);
    ASSERT_TRUE((*journal)->Close().ok());
  }
  // As a start finds it.
  std::optional<WallTime> Found() {
    const auto survey = store::SurveyJournal(os::SystemFileCalls(), folder(), "pi-07");
    EXPECT_TRUE(survey.ok());
    return NewestRecordTime(os::SystemFileCalls(), folder(), {survey->segments.begin(), survey->segments.end()});
  }
  // Every record of the segment becomes unreadable; its header and its seal stay.
  void Damage(std::uint64_t segment) {
    const auto path = folder() / store::SegmentName(segment);
    const auto size = std::filesystem::file_size(path);
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(store::kHeaderBytes);
    file << std::string(size - store::kHeaderBytes - store::kSealBytes, 'x');
  }
  [[nodiscard]] std::filesystem::path folder() const { return temporary_.path() / "journal"; }

  os::TemporaryFolder temporary_;
  store::HandClock clock_;
  store::OwnerForTests owner_;
  store::StreamId stream_ = 0;
};

TEST_F(NewestRecordTimeTest, IsThatOfTheLastRecordOfTheLastRun) {
  Run({Line("2026-11-29T10:00:00Z"), Line("2026-11-29T18:00:00Z")});
  Run({Line("2026-11-29T12:00:00Z"), Line("2026-11-29T13:00:00Z")});
  EXPECT_EQ(Found(), At("2026-11-29T13:00:00Z"));
}

TEST_F(NewestRecordTimeTest, SegmentsWithoutRecordsArePassedOver) {
  Run({Line("2026-11-29T10:00:00Z")});
  for (int i = 0; i < 3; ++i) Run({"no record"}, store::EntryType::kSaved);
  EXPECT_EQ(Found(), At("2026-11-29T10:00:00Z"));
}

TEST_F(NewestRecordTimeTest, OfADamagedSegmentTheOneBeforeStandsIn) {
  Run({Line("2026-11-29T09:00:00Z")});
  Run({Line("2026-11-29T10:00:00Z")});
  Run({Line("2026-11-29T11:00:00Z")});
  Damage(3);
  EXPECT_EQ(Found(), At("2026-11-29T10:00:00Z"));
  Damage(2);
  EXPECT_EQ(Found(), std::nullopt) << "no more than two segments are read";
}

TEST_F(NewestRecordTimeTest, NoJournalAndNoTimestampAreNone) {
  EXPECT_EQ(NewestRecordTime(os::SystemFileCalls(), folder(), {}), std::nullopt);
  Run({R"({"device_id":"pi-07"})"});
  EXPECT_EQ(Found(), std::nullopt);
}

}  // namespace
}  // namespace inferometer::device
