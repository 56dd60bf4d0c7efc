#include "cli/compare_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "analyze/compare/metrics.h"
#include "analyze/compare/record_choice.h"
#include "analyze/compare/run_comparison.h"
#include "analyze/each_record.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/streams.h"
#include "exchange/comparison_json.h"
#include "report/comparison_table.h"

namespace inferometer::cli {
namespace {

using analyze::RecordChoice;
using analyze::RunAnswer;

constexpr std::array<std::string_view, 2> kArmNames = {"A", "B"};

// One side: a folder, and which of its records.
struct Arm {
  std::filesystem::path folder;
  std::filesystem::path lake;  // empty: the one in the folder
  RecordChoice choice;
};

bool IsFolder(const std::string& text) {
  std::error_code error;
  return std::filesystem::is_directory(text, error);
}

// Whether one folder is the other or lies in it: then records of one are records of the other.
bool AreNested(const std::filesystem::path& one, const std::filesystem::path& other) {
  std::error_code error;
  const auto first = std::filesystem::weakly_canonical(one, error);
  const auto second = std::filesystem::weakly_canonical(other, error);
  const auto [in_first, in_second] = std::mismatch(first.begin(), first.end(), second.begin(), second.end());
  return !error && (in_first == first.end() || in_second == second.end());
}

Result<Arm> ReadArm(const std::string& text, const CompareArguments& arguments) {
  if (IsFolder(text) || text.find('=') == std::string::npos) return Arm{text, {}, {}};
  ASSIGN_OR_RETURN(RecordChoice choice, RecordChoice::Parse(text));
  return Arm{arguments.metrics_dir, arguments.lake, std::move(choice)};
}

// Whether records of one side could be records of the other.
bool AreNested(const Arm& one, const Arm& other) {
  return AreNested(one.folder, other.folder) || (!one.lake.empty() && AreNested(one.lake, other.folder)) ||
         (!other.lake.empty() && AreNested(other.lake, one.folder));
}

std::string MetricNames() {
  std::string names;
  for (const analyze::CompareMetric& metric : analyze::kCompareMetrics)
    names += (names.empty() ? "" : ", ") + std::string(metric.name);
  return names;
}

Result<std::vector<std::size_t>> ReadMetrics(const std::vector<std::string>& names) {
  std::vector<std::size_t> metrics;
  for (std::size_t i = 0; i < analyze::kCompareMetrics.size() && names.empty(); ++i) metrics.push_back(i);
  for (const std::string& name : names) {
    const auto metric = analyze::FindMetric(name);
    if (!metric) return {Code::kInvalidArgument, fmt::format("\"{}\" is none of {}", name, MetricNames())};
    if (std::find(metrics.begin(), metrics.end(), *metric) == metrics.end()) metrics.push_back(*metric);
  }
  return metrics;
}

class Run {
 public:
  Run(const CompareArguments& arguments, Streams& streams) : arguments_(arguments), streams_(streams) {
    answer_.names = arguments.arms;
    answer_.question.rules = {arguments.margin_percent / 100, arguments.seed};
    answer_.question.across = arguments.across;
  }

  int Answer() {
    Status status = ReadArguments();
    if (!status.ok()) return Fail(status, kWrongUsage);
    status = ReadRecords();
    if (!status.ok()) return Fail(status, kFailed);
    streams_.SayDamage(answer_.damaged);
    for (std::size_t arm = 0; arm < 2; ++arm) {
      if (rows_.CountsOf(arm).total == 0) return SayNoRecords(arm);
    }
    if (!fields_.unknown().empty()) return SayUnknown(fields_.unknown().front());
    answer_.comparison = CompareRuns(rows_, answer_.question);
    Print();
    if (!streams_.Arrived() || !answer_.damaged.empty()) return kFailed;
    return arguments_.is_baseline ? JudgeAgainstBaseline() : kDone;
  }

 private:
  Status ReadArguments() {
    ASSIGN_OR_RETURN(answer_.question.metrics, ReadMetrics(arguments_.metrics));
    for (std::size_t i = 0; i < 2; ++i) {
      ASSIGN_OR_RETURN(arms_[i], ReadArm(arguments_.arms[i], arguments_));
      for (std::string& field : arms_[i].choice.Fields()) answer_.question.across.push_back(std::move(field));
    }
    if (!arguments_.lake.empty() && arms_[0].lake.empty() && arms_[1].lake.empty()) {
      return {Code::kInvalidArgument, "--lake goes with field=value; of a folder the lake in it is read"};
    }
    fields_ = analyze::FieldWatch(answer_.question.across);
    return Ok();
  }

  // A folder that both sides are in is read once.
  Status ReadRecords() {
    RETURN_IF_ERROR(CheckNamedLake(arguments_.lake));
    if (arms_[0].folder == arms_[1].folder && arms_[0].lake == arms_[1].lake) return ReadFolder(arms_[0], {0, 1});
    if (AreNested(arms_[0], arms_[1])) {
      return {Code::kInvalidArgument,
              fmt::format("{} and {} hold the same records: name folders that lie apart, or fields of one",
                          arms_[0].folder.string(), arms_[1].folder.string())};
    }
    RETURN_IF_ERROR(ReadFolder(arms_[0], {0}));
    return ReadFolder(arms_[1], {1});
  }

  Status ReadFolder(const Arm& from, const std::vector<std::size_t>& arms) {
    ReadingProgress progress(streams_.err(), clock_);
    const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      fields_.See(origin.context);
      std::size_t taken = 0;
      for (const std::size_t arm : arms) {
        if (!arms_[arm].choice.Holds(origin, record)) continue;
        if (++taken > 1) return Status(Code::kInvalidArgument, Overlap(origin));
        rows_.Add(arm, origin, record);
      }
      return Ok();
    };
    ASSIGN_OR_RETURN(analyze::RecordsRead read, analyze::ForEachRecord(from.folder, each, progress.Callback(),
                                                                       analyze::Repeats::kOnce, from.lake));
    answer_.files_read += read.files_read;
    std::move(read.damaged.begin(), read.damaged.end(), std::back_inserter(answer_.damaged));
    return Ok();
  }

  [[nodiscard]] std::string Overlap(const analyze::RecordOrigin& origin) const {
    return fmt::format("{}: a record belongs to A ({}) and to B ({}); name fields that tell them apart",
                       origin.file.path.string(), arguments_.arms[0], arguments_.arms[1]);
  }

  void Print() {
    switch (arguments_.format) {
      case OutputFormat::kJson: return streams_.Data(exchange::RunAnswerJson(answer_));
      case OutputFormat::kCsv: return streams_.Data(exchange::RunAnswerCsv(answer_));
      case OutputFormat::kTable: return streams_.Data(RunAnswerTables(answer_, report::TableFormat::kText));
      case OutputFormat::kMarkdown: return streams_.Data(RunAnswerTables(answer_, report::TableFormat::kMarkdown));
    }
  }

  int JudgeAgainstBaseline() {
    int code = kDone;
    bool any_compared = false;
    for (const analyze::MetricComparison& one : answer_.comparison.comparisons) {
      any_compared = any_compared || one.comparison.p.has_value();  // too few values have none
      if (!IsRegression(one, answer_.question.rules.margin)) continue;
      streams_.Say(fmt::format("{} is {} than the baseline: {:.3f} times", analyze::kCompareMetrics[one.metric].name,
                               NameOf(one.comparison.verdict), *one.comparison.ratio));
      code = kFailed;
    }
    if (!any_compared) {
      streams_.Say("nothing could be compared with the baseline; the reasons stand in the answer");
      code = kFailed;
    }
    return code;
  }

  int SayNoRecords(std::size_t arm) {
    const std::filesystem::path& folder = arms_[arm].folder;
    const std::string& text = arguments_.arms[arm];
    streams_.Say(fmt::format(
        "{}: {}{}; `inferometer analyze --metrics-dir {} --records --format csv` shows what is there", kArmNames[arm],
        text == folder ? fmt::format("no records in {}", text)
                       : fmt::format("no record in {} has {}", folder.string(), text),
        fields_.unknown().empty() ? "" : fmt::format(", nor a field \"{}\" at all", fields_.unknown().front()),
        folder.string()));
    return kFailed;
  }
  int SayUnknown(const std::string& field) {
    streams_.Say(
        fmt::format("no record and no run here has a field \"{}\"; `inferometer analyze --records --format "
                    "csv` shows those of the records",
                    field));
    return kFailed;
  }
  int Fail(const Status& status, int code) {
    streams_.Say(status.message());
    return code;
  }

  const CompareArguments& arguments_;
  Streams& streams_;
  base::SystemClock clock_;
  std::array<Arm, 2> arms_;
  analyze::FieldWatch fields_{{}};
  analyze::RunRows rows_;
  RunAnswer answer_;
};

}  // namespace

int RunCompare(const CompareArguments& arguments, std::FILE* out, std::FILE* err) {
  Streams streams("compare", out, err);
  return Run(arguments, streams).Answer();
}

}  // namespace inferometer::cli
