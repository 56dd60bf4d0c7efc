#include "cli/analyze_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <CLI/CLI.hpp>

#include <cerrno>
#include <functional>

#include "analyze/sample_files.h"
#include "cli/analyze.h"
#include "cli/analyze_command.h"
#include "cli/command.h"
#include "cli/command_for_tests.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using analyze::FileWith;
using analyze::OlderRecord;
using analyze::OurRecord;
using ::testing::HasSubstr;

// A metrics directory, and `inferometer analyze` with a report of it.
class AnalyzeReportTest : public ::testing::Test {
 protected:
  AnalyzeReportTest() { arguments_.metrics_dir = folder_.path() / "metrics"; }

  void Put(const std::string& name, const std::string& text) const { folder_.Put("metrics/" + name, text); }

  // Two devices of ours, one of the older system, and a damaged file.
  void PutAFleet() const {
    Put("edge-device-01/inference_metrics_1.json", FileWith({OurRecord({1}), OurRecord({2, 900.5, 4000})}));
    std::vector<std::string> second;
    for (int i = 0; i < 4; ++i) second.push_back(OurRecord({i, 400.5, 1500.25, "b8:27:eb:bf:9d:51", "Tiny|Llama"}));
    Put("exp/edge-device-03/inference_metrics_1.json", FileWith(second));
    Put("edge-device-02/inference_metrics_1.json",
        FileWith({OlderRecord({1, 1200.5, 9000, "1c:bf:ce:15:ec:4d", "m"})}));
    Put("edge-device-02/inference_metrics_2.json", "{");
  }

  Answer Run(os::FileCalls& files = os::SystemFileCalls()) const {
    std::FILE* out = std::tmpfile();
    std::FILE* err = std::tmpfile();
    Answer answer;
    answer.code = RunAnalyze(arguments_, files, out, err);
    answer.out = Contents(out);
    answer.err = Contents(err);
    return answer;
  }

  os::TemporaryFolder folder_;
  AnalyzeArguments arguments_;
};

TEST_F(AnalyzeReportTest, ReportIsWrittenAndTheTableStillShown) {
  PutAFleet();
  arguments_.report = folder_.path() / "out.html";
  arguments_.costs = {0.3, 50};
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);  // for the damaged file
  EXPECT_THAT(answer.err, HasSubstr("inference_metrics_2.json"));
  EXPECT_THAT(answer.out, HasSubstr("Inference time (ms)"));
  const std::string page = os::ReadFile(arguments_.report, 5'000'000).value();
  EXPECT_THAT(page, HasSubstr("<!DOCTYPE html>"));
  for (const char* piece : {"3 models on 3 devices", "Tiny|Llama", "edge-device-02", "Cost of 1,000 generated tokens",
                            "Inferences on a charge of 50 Wh", "1 damaged file was left out", "Made by inferometer "}) {
    EXPECT_THAT(page, HasSubstr(piece)) << piece;
  }
  arguments_.report = "-";
  EXPECT_EQ(Run().out, page);
}

TEST_F(AnalyzeReportTest, ReportIsOfTheDeviceAskedFor) {
  PutAFleet();
  arguments_.report = "-";
  arguments_.device = "edge-device-03";
  const std::string page = Run().out;
  EXPECT_THAT(page, HasSubstr("1 model on 1 device"));
  EXPECT_THAT(page, HasSubstr("4 inferences in"));
  EXPECT_EQ(page.find("edge-device-01"), std::string::npos);
}

TEST_F(AnalyzeReportTest, AComparisonStandsInTheReport) {
  PutAFleet();
  arguments_.report = "-";
  arguments_.compare = true;
  arguments_.by = {"device_name"};
  const std::string page = Run().out;
  EXPECT_THAT(page, HasSubstr("Groups by device_name;"));
  EXPECT_THAT(page, HasSubstr("Held against <bdi>edge-device-01</bdi>"));
  EXPECT_THAT(page, HasSubstr("2 and 4 values; a verdict needs 5 of each"));
}

TEST_F(AnalyzeReportTest, ReportGoesBesideAnExport) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  arguments_.report = folder_.path() / "out.html";
  arguments_.export_csv = folder_.path() / "out.csv";
  EXPECT_EQ(Run().code, kDone);
  EXPECT_TRUE(std::filesystem::exists(arguments_.report) && std::filesystem::exists(arguments_.export_csv));
}

TEST_F(AnalyzeReportTest, NoReportIsWrittenOfNothing) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  arguments_.report = folder_.path() / "out.html";
  arguments_.device = "nobody";
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_FALSE(std::filesystem::exists(arguments_.report));
  arguments_.device.clear();
  arguments_.metrics_dir = folder_.path() / "missing";
  EXPECT_EQ(Run().code, kFailed);
  EXPECT_FALSE(std::filesystem::exists(arguments_.report));
}

TEST_F(AnalyzeReportTest, FullDiskLeavesTheOldReport) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  arguments_.report = folder_.Put("out.html", "old");
  os::FaultyFileCalls full([](int nth) { return nth >= 2 ? ENOSPC : 0; });
  const Answer answer = Run(full);
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("No space left"));
  EXPECT_EQ(os::ReadFile(arguments_.report, 100).value(), "old");
}

TEST_F(AnalyzeReportTest, ReportThatCannotBeWrittenFailsBeforeTheWork) {
  arguments_.report = "/nowhere/at/all.html";
  const Answer answer = Run();
  EXPECT_EQ(answer.code, kFailed);
  EXPECT_THAT(answer.err, HasSubstr("/nowhere/at/all.html"));
}

TEST_F(AnalyzeReportTest, OptionsThatDoNotGoWithAReport) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  const std::string page = folder_.path() / "out.html";
  const auto refuses = [&](const std::function<void(AnalyzeArguments&)>& set) {
    const AnalyzeArguments before = arguments_;
    arguments_.report = page;
    set(arguments_);
    const Answer answer = Run();
    arguments_ = before;
    EXPECT_THAT(answer.err, HasSubstr("--report"));
    return answer.code == kWrongUsage && answer.out.empty();
  };
  EXPECT_TRUE(refuses([](AnalyzeArguments& a) { a.records = true; }));
  EXPECT_TRUE(refuses([](AnalyzeArguments& a) { a.report = a.export_csv = "-"; }));
  EXPECT_TRUE(refuses([](AnalyzeArguments& a) { a.export_csv = a.report; }));
  EXPECT_TRUE(refuses([](AnalyzeArguments& a) {
    a.report = "-";
    a.format = OutputFormat::kJson;
  }));
  EXPECT_FALSE(std::filesystem::exists(page));
}

TEST_F(AnalyzeReportTest, OptionArrives) {
  Put("d/inference_metrics_a.json", FileWith({OurRecord({1})}));
  const std::string page = folder_.path() / "out.html";
  CLI::App app;
  const auto run = SetUpAnalyze(app);
  app.parse(std::vector<std::string>{page, "--report", arguments_.metrics_dir, "--metrics-dir"});  // last word first
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(run(), kDone);
  ::testing::internal::GetCapturedStdout();
  EXPECT_TRUE(std::filesystem::exists(page));
}

}  // namespace
}  // namespace inferometer::cli
