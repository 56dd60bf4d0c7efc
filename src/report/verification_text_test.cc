#include "report/verification_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

namespace inferometer::report {
namespace {

TEST(VerificationTextTest, SaysEachThingInALineAndEndsWithTheTotals) {
  analyze::Verification verification;
  verification.files = 1;
  verification.records = 30;
  verification.journals = 1;
  verification.segments = 2;
  verification.findings = {{.text = "f\x1b[31m: damaged"}};
  verification.findings_left_out = 1;
  verification.losses = {{{"pi-07", 42}, {1, 4}, 4, "evicted"}, {{"pi-07", 42}, {7, 7}, 1, "rejected"}};
  verification.notes = {"j: in use"};
  EXPECT_EQ(VerificationText(verification),
            "finding: f\\x1b[31m: damaged\n"
            "finding: 1 more\n"
            "note: j: in use\n"
            "lost: device pi-07, stream 000000000000002a: 4 of records 1 to 4, evicted\n"
            "lost: device pi-07, stream 000000000000002a: 1 of records 7 to 7, rejected\n"
            "lost: 2 reports in all: evicted 4, rejected 1\n"
            "1 file, 30 records, 1 journal, 2 segments, 2 findings\n");
}

TEST(VerificationTextTest, OnlyTheFirstLossesAreListedAndAllAreCounted) {
  analyze::Verification verification;
  for (std::uint64_t i = 1; i <= 50; ++i) verification.losses.push_back({{"pi-07", i}, {1, 2}, 2, "evicted"});
  const std::string text = VerificationText(verification);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 22);
  EXPECT_THAT(text, testing::HasSubstr("50 reports in all: evicted 100"));
}

}  // namespace
}  // namespace inferometer::report
