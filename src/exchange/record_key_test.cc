#include "exchange/record_key.h"

#include <gtest/gtest.h>

#include "analyze/sample_files.h"
#include "record/json_read.h"

namespace inferometer::exchange {
namespace {

std::string KeyOf(const std::string& json) { return RecordKeyOf(record::ParseRecord(json).value()); }

TEST(RecordKey, IsTheIdWhereThereIsOne) { EXPECT_EQ(KeyOf(analyze::OurRecord({7})), "00:0f:00:70:91:0a/5eed/7"); }

TEST(RecordKey, OfAnIdThatNoDatabaseTakesIsMadeFromAllOfIt) {
  InferenceRecord record;
  record.record_id = std::string(1024, 'a');
  EXPECT_EQ(RecordKeyOf(record), *record.record_id);
  record.record_id = std::string(1025, 'a');
  const std::string of_long = RecordKeyOf(record);
  EXPECT_EQ(of_long.size(), std::string("id:").size() + 32);
  record.record_id = std::string(1025, 'b');
  EXPECT_NE(RecordKeyOf(record), of_long);
  // Stored as text both would become the same.
  record.record_id = std::string("a\0", 2);
  const std::string with_nul = RecordKeyOf(record);
  record.record_id = "a\xEF\xBF\xBD";
  EXPECT_NE(RecordKeyOf(record), with_nul);
}

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
