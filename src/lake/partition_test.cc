#include "lake/partition.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "os/temporary_folder.h"

namespace inferometer::lake {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace chrono = std::chrono;
using namespace std::chrono_literals;

constexpr chrono::sys_days kDay = chrono::sys_days(2026y / 11 / 30);

TEST(Partition, IsOfTheDeviceAndTheDayInUtc) {
  InferenceRecord record;
  record.device_id = "pi-07";
  record.timestamp = WallTime(kDay) + 23h + 59min + 59s + 999999us;
  EXPECT_EQ(PartitionOf(record), (PartitionKey{"pi-07", kDay}));
  record.timestamp = *record.timestamp + 1us;
  EXPECT_EQ(PartitionOf(record).date, kDay + chrono::days(1));
}

TEST(Partition, FolderSpellsTheIdAsHiveDoes) {
  EXPECT_EQ(FolderOf({"00:0f:00:70:91:0a", kDay}).value(), "device=00%3A0f%3A00%3A70%3A91%3A0a/date=2026-11-30");
  EXPECT_EQ(FolderOf({"../../etc/x y%", kDay}).value(), "device=..%2F..%2Fetc%2Fx%20y%25/date=2026-11-30");
}

TEST(Partition, IdThatNoFolderCanCarryIsRefused) {
  const auto folder = FolderOf({std::string(400, 'x'), kDay});
  EXPECT_EQ(folder.status().code(), Code::kInvalidArgument);
  EXPECT_THAT(folder.status().message(), HasSubstr("400 bytes"));
}

TEST(Partition, EveryByteComesBackFromItsEncoding) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte);
  EXPECT_EQ(PercentDecoded(PercentEncoded(all)), all);
}

TEST(Partition, BrokenEncodingIsNoId) {
  for (const char* text : {"%", "%4", "a%4", "%zz", "%4g"}) EXPECT_FALSE(PercentDecoded(text)) << text;
  EXPECT_EQ(PercentDecoded("%41%3a"), "A:");
}

TEST(Partition, OnlyDatesOfTheCalendarAreDates) {
  EXPECT_EQ(ParseDate("2026-11-30"), kDay);
  EXPECT_EQ(FormatDate(kDay), "2026-11-30");
  for (const char* text : {"", "2026-11-3", "2026-11-31", "2026-13-01", "2026/11/30", "2026-1a-30", "2026-11-300"}) {
    EXPECT_FALSE(ParseDate(text)) << text;
  }
}

TEST(Partition, ListHasEveryVisibleParquetFileOfEveryPartition) {
  const os::TemporaryFolder folder;
  const auto put = [&](const std::string& name) { folder.Put(name, "x"); };
  put("device=b/date=2026-11-30/records.parquet");
  put("device=a%3A/date=2026-11-30/records.parquet");
  put("device=a%3A/date=2026-11-29/part-1.parquet");
  put("device=a%3A/date=2026-11-29/.records.parquet.tmp");
  put("device=a%3A/date=2026-11-29/_records.parquet");
  put("device=a%3A/date=2026-11-29/notes.txt");
  put("device=a%3A/date=nonsense/records.parquet");
  put("device=%/date=2026-11-29/records.parquet");
  put("other/date=2026-11-29/records.parquet");
  put("_notes/records.parquet");
  const auto files = ListPartitions(folder.path());
  ASSERT_TRUE(files.ok()) << files.status().message();
  std::vector<std::string> names;
  for (const PartitionFile& file : *files) names.push_back(file.key.device_id + " " + FormatDate(file.key.date));
  EXPECT_THAT(names, ElementsAre("a: 2026-11-29", "a: 2026-11-30", "b 2026-11-30"));
}

// Its writer follows them, and so must who reads.
TEST(Partition, LakeAndDevicesMayBeLinks) {
  const os::TemporaryFolder folder;
  folder.Put("disk/device=a/date=2026-11-30/records.parquet", "x");
  folder.Put("other/device=b/date=2026-11-30/records.parquet", "x");
  std::filesystem::create_directory_symlink(folder.path() / "disk", folder.path() / "lake");
  std::filesystem::create_directory_symlink(folder.path() / "other/device=b", folder.path() / "disk/device=b");
  EXPECT_THAT(ListPartitions(folder.path() / "lake").value(), SizeIs(2));
  EXPECT_THAT(FilesOf(folder.path() / "lake", {"b", std::chrono::year(2026) / 11 / 30}).value(), SizeIs(1));
}

TEST(Partition, LakeThatIsNotThereIsEmpty) {
  const os::TemporaryFolder folder;
  EXPECT_THAT(ListPartitions(folder.path() / "no").value(), IsEmpty());
}

}  // namespace
}  // namespace inferometer::lake
