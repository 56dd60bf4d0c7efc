#include "report/html/comparison_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "report/html/forest.h"
#include "report/html/report_for_tests.h"

namespace inferometer::report::html {
namespace {

using analyze::OurRecord;
using ::testing::HasSubstr;
using ::testing::Not;

class ComparisonSectionTest : public ReportTest {
 protected:
  // 20 records of that model around `level` ms; between no two models a trend.
  void PutModel(const std::string& model, double level) {
    std::vector<std::string> records;
    for (int i = 0; i < 20; ++i) {
      const double time = level * (1 + 0.002 * (i * 7 % 20 - 10));
      records.push_back(OurRecord({i, time, 5 * time, "00:0f:00:70:91:0a", model}));
      const std::string stream = std::to_string(++models_);
      records.back().replace(records.back().find("/5eed/"), 6, "/" + stream + "/");
    }
    Put("edge-1/inference_metrics_" + std::to_string(models_) + ".json", records);
  }
  std::string ComparedPage() {
    Collect();
    analyze::Grouping grouping({"model_name"});
    const auto read = analyze::ForEachRecord(folder_.path(), [&](const auto& origin, const InferenceRecord& record) {
      grouping.Add(origin, record);
      return Ok();
    });
    EXPECT_TRUE(read.ok());
    const analyze::GroupAnswer compared = std::move(grouping).Compare({});
    return Page({analysis_, *collector_, {}, "inferometer test", &compared});
  }

  int models_ = 0;
};

TEST_F(ComparisonSectionTest, VerdictsStandInTextPictureAndTable) {
  PutModel("A", 100);
  PutModel("B", 130);
  const std::string page = ComparedPage();
  for (const char* piece :
       {"id=\"compared\"", "Which differences are more than chance?", "Held against <bdi>A</bdi>",
        "forest-inference_time_ms-w", "forest-inference_time_ms-n", "ratio of inference_time_ms", "1.30 slower",
        "B: 1.30 slower, interval 1.2", "class=\"same\"", "table-compared", "the ranks differ"}) {
    EXPECT_THAT(page, HasSubstr(piece)) << piece;
  }
  EXPECT_THAT(page, Not(HasSubstr("it does not judge")));
}

TEST_F(ComparisonSectionTest, WithoutAComparisonThePageSaysThatItJudgesNothing) {
  PutModel("A", 100);
  EXPECT_THAT(MakePage(), Not(HasSubstr("id=\"compared\"")));
  EXPECT_THAT(MakePage(), HasSubstr("it does not judge; with --compare it does"));
}

TEST_F(ComparisonSectionTest, OneGroupHasNothingToBeHeldAgainst) {
  PutModel("A", 100);
  EXPECT_THAT(ComparedPage(), Not(HasSubstr("id=\"compared\"")));
  EXPECT_THAT(ComparedPage(), HasSubstr("it does not judge"));
}

TEST_F(ComparisonSectionTest, NamesOfGroupsAreText) {
  PutModel("<b>A", 100);
  PutModel("<script>alert(1)</script>", 130);
  const std::string page = ComparedPage();
  EXPECT_THAT(page, Not(HasSubstr("<script")));
  EXPECT_THAT(page, Not(HasSubstr("<b>A")));
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;: 1.30 slower"));
}

TEST(Forest, UndecidedMarksAreHollowAndFarIntervalsStayInThePicture) {
  const std::vector<RatioRow> rows = {{"near", 1.01, analyze::Interval{1.0, 1.02}, "equivalent", true},
                                      {"far", 1.1, analyze::Interval{1e-9, 1e9}, "undecided", false}};
  const std::string svg = DrawForest({"f", "title", "ratio"}, rows, 0.02, Form::kWide);
  EXPECT_THAT(svg, HasSubstr("class=\"mark\""));
  EXPECT_THAT(svg, HasSubstr("class=\"hollow\""));
  EXPECT_THAT(svg, HasSubstr("log scale"));
  EXPECT_THAT(svg, Not(HasSubstr("100,000")));
}

}  // namespace
}  // namespace inferometer::report::html
