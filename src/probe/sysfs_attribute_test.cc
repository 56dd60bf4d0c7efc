#include "probe/sysfs_attribute.h"

#include <gtest/gtest.h>

#include <limits>

#include "os/temporary_folder.h"

namespace inferometer::probe {
namespace {

TEST(SysfsInteger, TakesASignAndDigitsWithOrWithoutNewline) {
  EXPECT_EQ(*ParseSysfsInteger("0\n"), 0);
  EXPECT_EQ(*ParseSysfsInteger("-8\n"), -8);
  EXPECT_EQ(*ParseSysfsInteger("004968"), 4968);
  EXPECT_EQ(*ParseSysfsInteger("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(SysfsInteger, RefusesWhatIsNoNumberAndSaysWhere) {
  for (const char* text : {"", "\n", "+1", " 1", "x", "-", "1\n\n", "9223372036854775808", "1.5"}) {
    EXPECT_EQ(ParseSysfsInteger(text).status().code(), Code::kDataLoss) << text;
  }
  EXPECT_EQ(ParseSysfsInteger("12x4\n").status().offset_bytes(), 2U);
  EXPECT_EQ(ParseSysfsInteger("").status().message(), "empty");
}

TEST(SysfsCount, TakesDigitsWithOrWithoutNewline) {
  EXPECT_EQ(*ParseSysfsCount("0\n"), 0U);
  EXPECT_EQ(*ParseSysfsCount("18446744073709551615"), 18446744073709551615U);
}

TEST(SysfsCount, RefusesWhatIsNoNumberAndSaysWhere) {
  for (const char* text : {"", "\n", "-1\n", "+1", " 1", "x", "1\n\n", "18446744073709551616"}) {
    EXPECT_EQ(ParseSysfsCount(text).status().code(), Code::kDataLoss) << text;
  }
  EXPECT_EQ(ParseSysfsCount("12x4\n").status().offset_bytes(), 2U);
  EXPECT_EQ(ParseSysfsCount("").status().message(), "empty");
}

TEST(SysfsLabel, TakesPrintableTextAndNothingElse) {
  EXPECT_EQ(*ParseSysfsLabel("sum of shunt voltages\n"), "sum of shunt voltages");
  EXPECT_EQ(ParseSysfsLabel("").status().message(), "empty");
  EXPECT_EQ(ParseSysfsLabel("\n").status().message(), "empty");
  EXPECT_EQ(ParseSysfsLabel("VDD\tIN\n").status().offset_bytes(), 3U);
  EXPECT_EQ(ParseSysfsLabel("a\nb\n").status().offset_bytes(), 1U);
  EXPECT_TRUE(ParseSysfsLabel(std::string(64, 'x')).ok());
  EXPECT_EQ(ParseSysfsLabel(std::string(65, 'x')).status().code(), Code::kDataLoss);
}

TEST(SysfsFiles, ErrorsNameTheFile) {
  const os::TemporaryFolder folder;
  const auto bad = folder.Put("in1_input", "5.0\n");
  EXPECT_EQ(ReadSysfsInteger(bad).status().message(), bad.string() + ": not a number");
  EXPECT_EQ(ReadSysfsLabel(folder.Put("name", "\x01\n")).status().code(), Code::kDataLoss);
  EXPECT_EQ(ReadSysfsInteger(folder.path() / "none").status().code(), Code::kNotFound);
}

}  // namespace
}  // namespace inferometer::probe
