#include "exchange/record_key.h"

#include <gtest/gtest.h>

#include "analyze/sample_files.h"
#include "record/json_read.h"

namespace inferometer::exchange {
namespace {

std::string KeyOf(const std::string& json) { return RecordKeyOf(record::ParseRecord(json).value()); }

TEST(RecordKey, IsTheIdWhereThereIsOne) { EXPECT_EQ(KeyOf(analyze::OurRecord({7})), "00:0f:00:70:91:0a/5eed/7"); }

// Such keys stand in people's databases: this one must never become another.
TEST(RecordKey, OfARecordWithoutAnIdIsTheSameForEver) {
  EXPECT_EQ(KeyOf(analyze::OlderRecord({})), "content:d69218e99eb69d52223fb5d9b753ff59");
}

TEST(RecordKey, TellsRecordsWithoutAnIdApartByTheirContent) {
  const std::string first = KeyOf(analyze::OlderRecord({1}));
  EXPECT_EQ(first, KeyOf(analyze::OlderRecord({1})));
  EXPECT_NE(first, KeyOf(analyze::OlderRecord({2})));
  EXPECT_NE(first, KeyOf(analyze::OlderRecord({1, 100.0000000001})));
  EXPECT_NE(first, KeyOf(analyze::OlderRecord({1, 100, 500, "pi-07"})));
  EXPECT_NE(first, KeyOf(analyze::OlderRecord({1, 100, 500, "00:0f:00:70:91:0a", "other"})));
}

}  // namespace
}  // namespace inferometer::exchange
