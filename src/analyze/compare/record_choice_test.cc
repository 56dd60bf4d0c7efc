#include "analyze/compare/record_choice.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::analyze {
namespace {

using ::testing::HasSubstr;

// What is chosen of records.
class RecordChoiceTest : public ::testing::Test {
 protected:
  RecordChoiceTest() {
    record_.device_id = "pi-01";
    record_.record_id = "pi-01/5eed/7";
    record_.generated_tokens = 32;
    record_.inference_time_ms = 12.5;
    record_.warmup = true;
  }
  [[nodiscard]] bool Holds(const std::string& text) const {
    const auto choice = RecordChoice::Parse(text);
    EXPECT_TRUE(choice.ok()) << choice.status().message();
    return choice.ok() && choice->Holds({file_, context_}, record_);
  }

  FoundFile file_{"metrics/edge-1/f.json", "edge-1"};
  store::Context context_ = {
      {"threads", std::int64_t{4}}, {"experiment", std::string("after")}, {"temperature", 0.5}, {"flash", true}};
  InferenceRecord record_;
};

TEST_F(RecordChoiceTest, TakesFieldsOfTheRecordAndOfItsRun) {
  EXPECT_TRUE(Holds("device_id=pi-01,threads=4,experiment=after"));
  EXPECT_TRUE(Holds("device_name=edge-1"));
  EXPECT_TRUE(Holds("session_id=5eed"));
  EXPECT_TRUE(Holds("generated_tokens=32"));
  EXPECT_TRUE(Holds("warmup=true,flash=true"));
  EXPECT_FALSE(Holds("threads=4,experiment=before"));
  EXPECT_FALSE(Holds("block_id=1"));
}

TEST_F(RecordChoiceTest, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(Holds("inference_time_ms=12.50"));
  EXPECT_TRUE(Holds("temperature=5e-1"));
  EXPECT_FALSE(Holds("threads=4x"));
}

TEST_F(RecordChoiceTest, RefusesWhatIsNoCondition) {
  for (const char* text : {"", "threads", "=4", "threads=", "threads=4,", "threads=4,,x=1"}) {
    const auto choice = RecordChoice::Parse(text);
    ASSERT_FALSE(choice.ok()) << text;
    EXPECT_THAT(choice.status().message(), HasSubstr("is not field=value"));
  }
  EXPECT_THAT(RecordChoice::Parse("a=1,threads").status().message(), HasSubstr("\"threads\""));
}

TEST_F(RecordChoiceTest, WithoutAFolderTheDevicesIdIsItsName) {
  file_.folder_name.reset();
  EXPECT_TRUE(Holds("device_name=pi-01"));
}

}  // namespace
}  // namespace inferometer::analyze
