// What the journal says of files that are about to be made, or are.
#include <gtest/gtest.h>

#include "store/record_files.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

const std::vector<FilePlan> kPlans = {{"a", "x.json", 0x1122334455667788, 7}, {"", "", 0, 0}};

TEST(FilePlans, GoldenBytes) {
  const std::string golden = Hex("02000000 0100 0600 61 782e6a736f6e 8877665544332211 0700000000000000") +
                             Hex("0000 0000 0000000000000000 0000000000000000");
  EXPECT_EQ(EncodePlans(kPlans), golden);
  const auto decoded = DecodePlans(golden);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(*decoded, kPlans);
}

TEST(FilePlans, TruncatedOnesAreRefused) {
  const std::string bytes = EncodePlans(kPlans);
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_EQ(DecodePlans(std::string_view(bytes).substr(0, size)).status().code(), Code::kDataLoss) << size;
  }
  EXPECT_FALSE(DecodePlans(Hex("ffffffff 0000 0000")).ok());
}

}  // namespace
}  // namespace inferometer::store
