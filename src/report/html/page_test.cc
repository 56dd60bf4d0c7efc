#include "report/html/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <regex>
#include <set>

#include "os/files.h"
#include "report/html/report_for_tests.h"

namespace inferometer::report::html {
namespace {

using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::HasSubstr;
using ::testing::Not;

class PageTest : public ReportTest {
 protected:
  // One device with two models, heat, throttling, a failure and two runs; one of the older system; a damaged file.
  void PutAFleet() const {
    std::vector<std::string> first;
    std::vector<std::string> second;
    std::vector<std::string> older;
    for (int i = 0; i < 60; ++i) {
      const bool throttled = i > 50;
      first.push_back(OurRecord({i % 60, 800.0 + i * 7 % 31 + (throttled ? 200 : 0), 4000.0 + 10 * i},
                                fmt::format(R"(,"temperature_c":{},"throttled":{}{})", 48 + i * 0.6, throttled,
                                            throttled ? R"(,"flags":["throttled"])" : "")));
    }
    for (int i = 0; i < 5; ++i) {
      second.push_back(
          OurRecord({i, 400.5 + i * i, 1500.25, "00:0f:00:70:91:0a", "Tiny<Llama>"}, R"(,"session_id":"2")"));
      second.back().replace(second.back().find("/5eed/"), 6, "/beef/");
      older.push_back(OlderRecord({i, 1200.5, 9000, "1c:bf:ce:15:ec:4d", "=cmd"}));
    }
    second.push_back(
        R"({"timestamp":"2025-10-09T11:30:15Z","device_id":"00:0f:00:70:91:0a","model_name":"Tiny<Llama>",)"
        R"("status":"error","error_type":"cancelled"})");
    Put("edge-device-01/inference_metrics_1.json", first);
    Put("edge-device-01/inference_metrics_2.json", second);
    Put("edge-device-02/inference_metrics_1.json", older,
        R"({"total_inferences":5,"inference_time_ms":{"avg":1200.0}})");
    folder_.Put("edge-device-02/inference_metrics_2.json", "{\"detailed_metrics\": [<b>");
  }

  static std::size_t CountOf(const std::string& text, const std::string& piece) {
    std::size_t count = 0;
    for (std::size_t at = text.find(piece); at != std::string::npos; at = text.find(piece, at + 1)) ++count;
    return count;
  }

  static std::vector<std::string> Matches(const std::string& text, const char* pattern) {
    std::vector<std::string> found;
    const std::regex regex(pattern);
    for (std::sregex_iterator at(text.begin(), text.end(), regex), end; at != end; ++at) found.push_back((*at)[1]);
    return found;
  }
};

TEST_F(PageTest, Golden) {
  PutAFleet();
  const std::string page = MakePage({0.3, 50});
  const std::filesystem::path file =
      std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/report/html/testdata/page.html";
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << page;
  EXPECT_TRUE(page == os::ReadFile(file, 5'000'000).value()) << "differs from " << file;
}

TEST_F(PageTest, SameInputGivesTheSameBytes) {
  PutAFleet();
  EXPECT_EQ(MakePage(), MakePage());
}

TEST_F(PageTest, LoadsNothingAndRunsNothing) {
  PutAFleet();
  const std::string page = MakePage();
  EXPECT_THAT(
      page,
      HasSubstr("http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'"));
  for (const char* piece :
       {"<script", "http://", "https://", "javascript:", " src=", "url(", "@import", "<iframe", "<object", "onload="}) {
    EXPECT_THAT(page, Not(HasSubstr(piece))) << piece;
  }
  for (const std::string& target : Matches(page, "href=\"([^\"]*)\"")) {
    EXPECT_TRUE(target.starts_with("#") || target == "data:,") << target;
  }
}

TEST_F(PageTest, IdsAreUniqueAndEveryReferenceHasItsTarget) {
  PutAFleet();
  const std::string page = MakePage();
  std::set<std::string> ids;
  for (const std::string& id : Matches(page, " id=\"([^\"]*)\"")) EXPECT_TRUE(ids.insert(id).second) << id;
  for (const char* pattern : {"href=\"#([^\"]*)\"", "aria-labelledby=\"([^\"]*)\"", "aria-describedby=\"([^\"]*)\""}) {
    for (const std::string& target : Matches(page, pattern)) EXPECT_TRUE(ids.contains(target)) << target;
  }
}

TEST_F(PageTest, HeadingsGoDownStepByStep) {
  PutAFleet();
  int before = 0;
  const std::vector<std::string> levels = Matches(MakePage(), "<h([1-6])[ >]");
  for (const std::string& level : levels) {
    EXPECT_LE(std::stoi(level), before + 1);
    before = std::stoi(level);
  }
  EXPECT_EQ(std::count(levels.begin(), levels.end(), "1"), 1);
}

TEST_F(PageTest, PrintsTheStatisticsOfTheAnalysis) {
  Put("d/inference_metrics_a.json", {OurRecord({1, 1234.5, 7654.3}), OurRecord({2, 2345.6, 7654.3})});
  const std::string page = MakePage();
  EXPECT_THAT(page, HasSubstr("<td>1,234.5</td><td>1,790.0</td><td>1,790.0</td>"));
  EXPECT_THAT(page, HasSubstr("<b>7,654 ± 4,593 mJ</b> on average"));
}

TEST_F(PageTest, WhatNobodyMeasuredIsSaidToBeAbsent) {
  Put("d/inference_metrics_a.json",
      {R"({"timestamp":"2025-10-07T10:30:00Z","device_id":"a1","model_name":"m","status":"ok","inference_time_ms":5,)"
       R"("memory_used_mb":1,"cpu_percent_avg":1,"energy_consumed_mj":1,"compute_device":"cpu"})"});
  const std::string page = MakePage();
  for (const char* sentence :
       {"No temperature was measured.", "No time to the first token was measured.",
        "No speed of generation was measured.", "The files do not say.", "(uncertainty not known)",
        "Energy against speed: the speed of generation was not measured."}) {
    EXPECT_THAT(page, HasSubstr(sentence)) << sentence;
  }
}

TEST_F(PageTest, EmptyDirectoryAndOnlyFailuresMakeAPage) {
  EXPECT_THAT(MakePage(), HasSubstr("<h1>No inferences</h1>"));
  Put("d/inference_metrics_a.json",
      {R"({"timestamp":"2025-10-07T10:30:00Z","device_id":"a1","model_name":"m","status":"error"})"});
  const std::string page = MakePage();
  EXPECT_THAT(page, HasSubstr("1 model on 1 device"));
  EXPECT_THAT(page, HasSubstr("No energy was measured."));
  EXPECT_THAT(page, HasSubstr("1 failed and is in no average"));
}

TEST_F(PageTest, OneRecordAndEqualValuesMakeAPage) {
  Put("d/inference_metrics_a.json", {OurRecord({1}, R"(,"temperature_c":-12.5)")});
  EXPECT_THAT(MakePage(), HasSubstr("−12.5"));
  Put("d/inference_metrics_b.json", {OurRecord({2}, R"(,"temperature_c":-12.5)"), OurRecord({3})});
  const std::string page = MakePage();
  for (const char* piece : {"nan", "NaN", "inf ", "-nan"}) EXPECT_THAT(page, Not(HasSubstr(std::string(">") + piece)));
  EXPECT_THAT(Matches(page, "=\"([^\"]*(?:nan|inf)[^\"]*)\""), ::testing::Each(Not(HasSubstr("nan"))));
}

TEST_F(PageTest, ExtremeValuesMakeAPage) {
  Put("d/inference_metrics_a.json", {OurRecord({1, 0, 0}), OurRecord({2, 1e12, 1e14}), OurRecord({3, 1e-3, 1e-2})});
  const std::string page = MakePage();
  for (const std::string& path : Matches(page, " d=\"([^\"]*)\"")) {
    EXPECT_EQ(path.find_first_not_of("MLHVZh0123456789-. "), std::string::npos) << path;
  }
}

TEST_F(PageTest, RecordsThatCameInBetweenAreSaid) {
  Put("d/inference_metrics_a.json", {OurRecord({1, 100}), OurRecord({2, 200})});
  Collect();
  const analyze::Analysis before = analysis_;
  Put("d/inference_metrics_b.json", {OurRecord({3, 150}), OurRecord({4, 9'999})});
  Collector collector(before.groups);
  const auto read = analyze::ForEachRecord(folder_.path(), [&](const auto& origin, const InferenceRecord& record) {
    collector.Add(origin, record);
    return Ok();
  });
  ASSERT_TRUE(read.ok());
  collector.Finish();
  const std::string page = Page({before, collector, {}, "inferometer test"});
  EXPECT_THAT(page, HasSubstr("2 inferences in 1 file; none failed. The pictures hold 4:"));
}

TEST_F(PageTest, SectionsAboutSomeGroupsSaySo) {
  for (std::size_t i = 0; i <= Collector::kMostPictured; ++i) {
    std::string record = OurRecord({1, 100, 500, "a1", fmt::format("m{}", i)});
    record.replace(record.find("/5eed/"), 6, fmt::format("/{}/", i));
    Put(fmt::format("d/inference_metrics_{}.json", i), {record});
  }
  const std::string page = MakePage();
  EXPECT_THAT(
      page,
      HasSubstr("Pictures show the 24 pairs of model and device with the most inferences; the tables have all 25."));
  EXPECT_EQ(CountOf(page, "This section is about the 24 pairs of model and device with the most inferences, of 25."),
            4U);
}

TEST_F(PageTest, EnergiesOfDifferentKindStandInDifferentPictures) {
  const std::string rapl =
      R"({"timestamp":"2025-10-07T10:30:00Z","device_id":"a1","model_name":"m","status":"ok","inference_time_ms":5,)"
      R"("memory_used_mb":1,"cpu_percent_avg":1,"energy_consumed_mj":1,"compute_device":"cpu",)"
      R"("generated_tokens":5,"decode_ms":2,"energy_source":"rapl","energy_scope":"package"})";
  Put("d/inference_metrics_a.json", {OurRecord({1}), OurRecord({2, 1, 1, "b2"}), rapl});
  const std::string page = MakePage();
  EXPECT_THAT(page, HasSubstr("Energy <bdi>by rapl, covering the package</bdi></h3>"));
  // A model's estimates for two devices are not comparable either.
  EXPECT_EQ(CountOf(page, "estimated by a model of the board, covering the board</bdi>, on <bdi>d</bdi></h3>"), 2U);
  EXPECT_EQ(CountOf(page, "id=\"energy-speed-2-w\""), 0U);
  EXPECT_EQ(Matches(page, "aria-labelledby=\"energy-speed-([0-9]-[wn])-t\"").size(), 6U);
}

TEST_F(PageTest, HostileNamesAreText) {
  const std::vector<std::string> names = {"<script>alert(1)</script>",    R"(\"><img src=x onerror=alert(1)>)",
                                          "' onload='alert(1)",           "</title></style></svg><script>",
                                          R"(\u202egnp.exe\u0000\u001b)", std::string(1'000, 'x')};
  for (std::size_t i = 0; i < names.size(); ++i) {
    std::string name = names[i];
    const std::string more = fmt::format(R"(,"flags":["{0}"],"session_id":"{0}","temperature_c":50)", name);
    std::string record = OurRecord({static_cast<int>(i), 100, 500, "a1", name}, more);
    for (const char* field : {"\"model\"", "\"board\"", "\"cpu\""})
      record.replace(record.find(field), std::string_view(field).size(), '"' + name + '"');
    Put(fmt::format("d<i>{}/inference_metrics_a.json", i), {record});
  }
  const std::string page = MakePage();
  for (const char* piece : {"<script", "<img", "<i>", "onload='", "onerror=alert(1)>"})
    EXPECT_THAT(page, Not(HasSubstr(piece))) << piece;
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;"));
  EXPECT_THAT(page, HasSubstr("\\u202egnp.exe\\x00\\x1b"));
  EXPECT_THAT(page, Not(HasSubstr(std::string(65, 'x'))));
}

TEST_F(PageTest, ThinningIsSaid) {
  std::vector<std::string> records;
  for (int i = 0; i < 2'400; ++i) {
    std::string record = OurRecord({i % 60, 100.0 + i % 13, 500.0 + i}, R"(,"temperature_c":50.5)");
    record.replace(record.rfind("/5eed/") + 6, std::to_string(i % 60).size(), std::to_string(i));
    record.replace(record.find("10:30:"), 5, fmt::format("1{}:{:02}", i / 600, i / 10 % 60));
    records.push_back(record);
  }
  Put("d/inference_metrics_a.json", records);
  const std::string page = MakePage();
  EXPECT_THAT(page, HasSubstr("of 2,400 inferences, drawn by lot, with the outermost of each group."));
  EXPECT_THAT(page,
              HasSubstr("Too many to draw each: a stroke goes from the smallest to the largest value of a slice of"));
  EXPECT_THAT(page, HasSubstr("drawn, by lot, with the outermost"));
}

}  // namespace
}  // namespace inferometer::report::html
