#include "analyze/plain_records.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace inferometer::analyze {
namespace {

class IdReaderTest : public ::testing::Test {
 protected:
  // With what may stand behind an id in a file.
  Fingerprint Read(const std::string& id) {
    const std::string text = id + "\",\"x\":1234567890";
    return reader_.Read(text.data(), id.size());
  }

 private:
  IdReader reader_;
};

TEST_F(IdReaderTest, EachIdHasTheFingerprintThatItHasByItself) {
  for (const char* id :
       {"a/b/1",         "a/b/2",          "a/b/0",          "a/b/00", "a/b/01", "a/b/",  "a/b",    "a/b/99999999",
        "a/b/100000000", "a/b/4294967295", "a/b/4294967296", "a/c/1",  "a/b/1",  "a/b/x", "a/b/1x", "a/b/-1",
        "a/b/1/2",       "a/b/1/3",        "a/b/3",          "",       "7",      "/7",    "/8"}) {
    EXPECT_EQ(Read(id), FingerprintOfId(id)) << id;
  }
}

TEST_F(IdReaderTest, SoHasEveryIdAfterEveryOther) {
  constexpr std::string_view kCharacters = "/0123789a";
  std::mt19937 random(5);
  std::string id = "a/";
  for (int round = 0; round < 50'000; ++round) {
    if (id.size() > 14 || random() % 4 == 0) id = random() % 2 == 0 ? "a/" : "a/b/";
    id += kCharacters[random() % kCharacters.size()];
    ASSERT_EQ(Read(id), FingerprintOfId(id)) << id;
  }
}

}  // namespace
}  // namespace inferometer::analyze
