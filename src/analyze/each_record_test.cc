#include "analyze/each_record.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "analyze/sample_files.h"
#include "os/temporary_folder.h"

namespace inferometer::analyze {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class EachRecordTest : public ::testing::Test {
 protected:
  void Put(const std::string& name, const std::string& context, const std::string& rest) {
    folder_.Put(name, "{\n" + (context.empty() ? rest : "\"context\": " + context + ",\n" + rest) + "\n}\n");
  }
  // The contexts that the records came with, one a record.
  [[nodiscard]] std::vector<store::Context> Contexts() const {
    std::vector<store::Context> contexts;
    const auto read = ForEachRecord(folder_.path(), [&](const RecordOrigin& origin, const InferenceRecord&) {
      contexts.push_back(origin.context);
      return Ok();
    });
    EXPECT_TRUE(read.ok() && read->damaged.empty());
    return contexts;
  }
  static std::string Records(int second) { return "\"detailed_metrics\": [" + OurRecord({second}) + "]"; }
  os::TemporaryFolder folder_;
};

TEST_F(EachRecordTest, RecordComesWithItsFilesContext) {
  Put("inference_metrics_a.json", R"({"host":"pi","threads":4,"temperature":0.5,"calibrated":true})", Records(1));
  Put("inference_metrics_b.json", "", Records(2));
  EXPECT_THAT(Contexts(),
              ElementsAre(ElementsAre(Pair("host", store::ContextValue("pi")), Pair("threads", std::int64_t{4}),
                                      Pair("temperature", 0.5), Pair("calibrated", true)),
                          IsEmpty()));
}

TEST_F(EachRecordTest, ContextBehindTheRecordsIsTheirContext) {
  Put("inference_metrics_a.json", "", Records(1) + R"(, "context": {"host":"pi"})");
  EXPECT_THAT(Contexts(), ElementsAre(ElementsAre(Pair("host", store::ContextValue("pi")))));
}

TEST_F(EachRecordTest, WhatIsNoPlainValueInAContextIsPassedOver) {
  Put("inference_metrics_a.json",
      R"({"list":[1,{"a":2}],"object":{"b":3},"nothing":null,"long":")" + std::string(1025, 'x') + R"(","host":"pi"})",
      Records(1));
  Put("inference_metrics_b.json", R"("a text")", Records(2));
  EXPECT_THAT(Contexts(), ElementsAre(ElementsAre(Pair("host", store::ContextValue("pi"))), IsEmpty()));
}

TEST_F(EachRecordTest, RecordComesWithItsText) {
  const std::string first = OurRecord({1}, R"(,"x":{"y":1})");
  folder_.Put("inference_metrics_a.json", FileWith({first, OlderRecord({2})}));
  std::vector<std::string> texts;
  const auto read = ForEachRecord(folder_.path(), [&](const RecordOrigin& origin, const InferenceRecord&) {
    texts.emplace_back(origin.json);
    return Ok();
  });
  ASSERT_TRUE(read.ok());
  EXPECT_THAT(texts, ElementsAre(first, OlderRecord({2}).substr(4)));
}

TEST_F(EachRecordTest, ContextHasABoundedNumberOfEntries) {
  std::string many = "{";
  for (int i = 0; i < 100; ++i) many += fmt::format("{}\"k{}\":{}", i == 0 ? "" : ",", i, i);
  Put("inference_metrics_a.json", many + "}", Records(1));
  EXPECT_EQ(Contexts().at(0).size(), 64U);
}

}  // namespace
}  // namespace inferometer::analyze
