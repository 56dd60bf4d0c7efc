#include "probe/sysfs_folder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

using ::testing::ElementsAre;

TEST(ListFolder, IsSortedBoundedAndByPrefix) {
  const os::TemporaryFolder folder;
  for (int i = 0; i < 300; ++i) folder.Put("hwmon" + std::to_string(i), "");
  folder.Put("other", "");
  EXPECT_EQ(ListFolder(folder.path(), "hwmon").size(), 256U);
  EXPECT_EQ(ListFolder(folder.path(), "oth").front().filename(), "other");
  EXPECT_TRUE(ListFolder(folder.path() / "none").empty());
  const auto few = ListFolder(folder.path(), "hwmon29");
  EXPECT_TRUE(std::is_sorted(few.begin(), few.end()));
}

TEST(NumberedEntries, AreInTheOrderOfTheirNumbers) {
  const os::TemporaryFolder folder;
  for (const char* name : {"cpu10", "cpu2", "cpu0", "cpufreq", "cpu", "cpu1x", "xcpu3"}) folder.Put(name, "");
  EXPECT_THAT(NumberedEntries(folder.path(), "cpu"),
              ElementsAre(folder.path() / "cpu0", folder.path() / "cpu2", folder.path() / "cpu10"));
  EXPECT_THAT(NumberedEntries(folder.path(), "cpu", 2), ElementsAre(folder.path() / "cpu0", folder.path() / "cpu2"));
  EXPECT_TRUE(NumberedEntries(folder.path() / "none", "cpu").empty());
}

}  // namespace
}  // namespace inferometer::probe
