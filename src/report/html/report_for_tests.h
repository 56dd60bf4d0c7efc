#pragma once
// For tests: the page about a metrics directory that is there for one test.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "analyze/each_record.h"
#include "analyze/sample_files.h"
#include "os/temporary_folder.h"
#include "report/html/collector.h"
#include "report/html/page.h"

namespace inferometer::report::html {

class ReportTest : public ::testing::Test {
 protected:
  void Put(std::string_view name, const std::vector<std::string>& records, std::string_view summary = "") const {
    folder_.Put(name, analyze::FileWith(records, summary));
  }

  // Reads the directory; what is drawn of it stays until the next call.
  const Collector& Collect() {
    analysis_ = analyze::Analyze(folder_.path(), {}).value();
    collector_ = std::make_unique<Collector>(analysis_.groups);
    const auto read = analyze::ForEachRecord(folder_.path(), [&](const auto& origin, const InferenceRecord& record) {
      collector_->Add(origin, record);
      return Ok();
    });
    EXPECT_TRUE(read.ok());
    collector_->Finish();
    return *collector_;
  }

  // The page, in which paths of the directory read METRICS.
  std::string MakePage(const analyze::CostQuestion& costs = {}) {
    Collect();
    std::string page = Page({analysis_, *collector_, costs, "inferometer test"});
    const std::string path = folder_.path().string();
    for (std::size_t at = page.find(path); at != std::string::npos; at = page.find(path)) {
      page.replace(at, path.size(), "METRICS");
    }
    return page;
  }

  os::TemporaryFolder folder_;
  analyze::Analysis analysis_;
  std::unique_ptr<Collector> collector_;
};

}  // namespace inferometer::report::html
