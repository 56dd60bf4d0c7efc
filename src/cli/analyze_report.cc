#include "cli/analyze_report.h"

#include "analyze/each_record.h"
#include "cli/version.h"
#include "report/html/collector.h"
#include "report/html/page.h"

namespace inferometer::cli {

Result<std::string> MakeReport(const AnalyzeArguments& arguments, const analyze::Analysis& analysis,
                               const analyze::GroupAnswer* compared,
                               const std::function<void(std::size_t, std::size_t)>& progress) {
  report::html::Collector collector(analysis.groups);
  const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    collector.Add(origin, record);
    return Ok();
  };
  ASSIGN_OR_RETURN(const analyze::RecordsRead read, analyze::ForEachRecord(arguments.metrics_dir, each, progress,
                                                                           analyze::Repeats::kOnce, arguments.lake));
  static_cast<void>(read);  // the analysis has named what is damaged
  collector.Finish();
  return report::html::Page({analysis, collector, arguments.costs, "inferometer " + ProgramVersion(), compared});
}

}  // namespace inferometer::cli
