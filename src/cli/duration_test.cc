#include "cli/duration.h"

#include <gtest/gtest.h>

namespace inferometer::cli {
namespace {

using namespace std::chrono_literals;

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(ParseDuration("7d"), 168h);
  EXPECT_EQ(ParseDuration("12h"), 12h);
  EXPECT_EQ(ParseDuration("30m"), 30min);
  EXPECT_EQ(ParseDuration("45s"), 45s);
  EXPECT_EQ(ParseDuration("0"), 0s);
  EXPECT_EQ(ParseDuration("0d"), 0s);
}

TEST(Duration, AnythingElseIsNone) {
  for (const char* text : {"", "7", "d", "-1d", "1.5h", "7 d", "7w", "7D", "36601d", "99999999999999999999s"}) {
    EXPECT_FALSE(ParseDuration(text)) << text;
  }
}

}  // namespace
}  // namespace inferometer::cli
