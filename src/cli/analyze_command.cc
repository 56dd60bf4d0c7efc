#include "cli/analyze_command.h"

#include <fmt/format.h>

#include <functional>
#include <map>
#include <optional>
#include <utility>

#include "analyze/analysis.h"
#include "analyze/compare/group_answer.h"
#include "analyze/comparison.h"
#include "analyze/each_record.h"
#include "base/clock.h"
#include "cli/analyze_report.h"
#include "cli/command.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/streams.h"
#include "cli/version.h"
#include "exchange/analysis_csv.h"
#include "exchange/analysis_json.h"
#include "os/whole_file_writer.h"
#include "report/analysis_tables.h"
#include "report/comparison_table.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using analyze::Analysis;
using analyze::Damage;

constexpr const char* kStandardOutput = "-";
constexpr const char* kNextStep =
    "record something first (`inferometer device --generate 50`), or name the folder with --metrics-dir";

void SayDisagreements(const Analysis& analysis, Streams& streams) {
  for (const analyze::Disagreement& one : analysis.disagreements) {
    const std::string records = one.records ? fmt::format("{}", *one.records) : "nothing";
    streams.Say(fmt::format("{}: the summary says {} is {}, the records say {}; the records count", one.file, one.field,
                            one.summary, records));
  }
}

// Devices by id, with their names.
using Devices = std::map<std::pair<std::string, std::string>, bool>;

void SayNoSuchDevice(const std::string& device, const Devices& devices, Streams& streams) {
  constexpr std::size_t kMostNamed = 20;
  std::string known;
  std::size_t named = 0;
  for (const auto& [one, ignored] : devices) {
    if (++named > kMostNamed) break;
    known += (known.empty() ? "" : ", ") + one.second + (one.first == one.second ? "" : " (" + one.first + ")");
  }
  if (devices.size() > kMostNamed) known += fmt::format(" and {} more", devices.size() - kMostNamed);
  streams.Say(fmt::format("no device \"{}\" there; the devices are: {}", device, known));
}

int SayNoRecords(const AnalyzeArguments& arguments, Streams& streams) {
  streams.Say(fmt::format("{}: no records in it; {}", arguments.metrics_dir.string(), kNextStep));
  return kFailed;
}

int SayCannotRead(const Status& status, Streams& streams) {
  streams.Say(fmt::format("{}; {}", status.message(), kNextStep));
  return kFailed;
}

// `groups` is there where they are compared.
std::string Answer(const AnalyzeArguments& arguments, const Analysis& analysis,
                   const std::optional<analyze::GroupAnswer>& groups) {
  const analyze::CostQuestion& costs = arguments.costs;
  const auto tables =
      arguments.format == OutputFormat::kMarkdown ? report::TableFormat::kMarkdown : report::TableFormat::kText;
  if (groups) {
    const analyze::Comparison comparison = Compare(analysis.groups);
    switch (arguments.format) {
      case OutputFormat::kJson: return exchange::ComparisonJson(analysis, comparison, *groups, costs);
      case OutputFormat::kCsv: return exchange::ComparisonCsv(comparison, costs);
      default: return ComparisonTables(comparison, costs, tables) + GroupAnswerTables(*groups, tables);
    }
  }
  switch (arguments.format) {
    case OutputFormat::kJson: return exchange::AnalysisJson(analysis, costs);
    case OutputFormat::kCsv: return exchange::GroupsCsv(analysis.groups, costs);
    default: return report::GroupTables(analysis.groups, costs, tables);
  }
}

// Where CSV or the report goes: a file, whole or not at all, or standard output.
class Target {
 public:
  // `name` is a path, or "-" or nothing for standard output.
  static Result<Target> Open(const std::string& name, os::FileCalls& files, Streams& streams) {
    if (name.empty() || name == kStandardOutput) return Target(streams, std::nullopt);
    ASSIGN_OR_RETURN(os::WholeFileWriter file, os::WholeFileWriter::Open(files, name));
    return Target(streams, std::move(file));
  }
  Status Append(std::string_view text) {
    if (file_) return file_->Append(text);
    streams_->Data(text);
    return Ok();
  }
  Status Commit() { return file_ ? file_->Commit() : Ok(); }

 private:
  Target(Streams& streams, std::optional<os::WholeFileWriter> file) : streams_(&streams), file_(std::move(file)) {}
  Streams* streams_;
  std::optional<os::WholeFileWriter> file_;
};

// One run of the command.
class Run {
 public:
  Run(const AnalyzeArguments& arguments, os::FileCalls& files, Streams& streams)
      : arguments_(arguments), files_(files), streams_(streams) {}

  int Records() {
    auto target = Target::Open(arguments_.export_csv, files_, streams_);
    if (!target.ok()) return Fail(target.status());
    std::string line;
    exchange::AppendRecordsHeader(line);
    Status status = target->Append(line);
    if (!status.ok()) return Fail(status);
    const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      if (!IsAskedFor(origin.file, record)) return Ok();
      line.clear();
      exchange::AppendRecordLine(record, line);
      return target->Append(line);
    };
    const auto read = Each(each);
    if (!read.ok()) return ReadFailure(read.status());
    const std::vector<Damage>& damaged = read.value().damaged;
    streams_.SayDamage(damaged);
    if (devices_.empty() && damaged.empty()) return SayNoRecords(arguments_, streams_);
    if (!found_device_ && !devices_.empty()) return NoSuchDevice();
    status = target->Commit();
    if (!status.ok()) return Fail(status);
    return streams_.Arrived() && damaged.empty() ? kDone : kFailed;
  }

  int Groups() {
    const bool exports = !arguments_.export_csv.empty();
    auto target = Target::Open(arguments_.export_csv, files_, streams_);
    if (!target.ok()) return Fail(target.status());
    auto report = Target::Open(arguments_.report, files_, streams_);
    if (!report.ok()) return Fail(report.status());
    auto analysis = Analyse();
    if (!analysis.ok()) return SayCannotRead(analysis.status(), streams_);
    streams_.SayDamage(analysis->damaged);
    SayDisagreements(*analysis, streams_);
    if (analysis->groups.empty() && analysis->damaged.empty()) return SayNoRecords(arguments_, streams_);
    if (!KeepAskedFor(*analysis)) return NoSuchDevice();
    if (exports) {
      Status status = target->Append(exchange::GroupsCsv(analysis->groups, arguments_.costs));
      if (status.ok()) status = target->Commit();
      if (!status.ok()) return Fail(status);
    }
    std::optional<analyze::GroupAnswer> groups;
    if (arguments_.compare) {
      auto compared = CompareGroups();
      if (!compared.ok()) return ReadFailure(compared.status());
      groups = std::move(compared).value();
    }
    if (!arguments_.report.empty()) {
      const Status status = WriteReport(*analysis, groups ? &*groups : nullptr, *report);
      if (!status.ok()) return ReadFailure(status);
    }
    const bool is_taken = arguments_.export_csv == kStandardOutput || arguments_.report == kStandardOutput;
    if (!is_taken) streams_.Data(Answer(arguments_, *analysis, groups));
    return streams_.Arrived() && analysis->damaged.empty() ? kDone : kFailed;
  }

 private:
  Result<analyze::RecordsRead> Each(const analyze::EachRecord& each) {
    ReadingProgress progress(streams_.err(), clock_);
    return analyze::ForEachRecord(arguments_.metrics_dir, each, progress.Callback(), analyze::Repeats::kOnce,
                                  arguments_.lake);
  }
  Result<Analysis> Analyse() {
    ReadingProgress progress(streams_.err(), clock_);
    analyze::AnalyzeOptions options;
    options.lake = arguments_.lake;
    options.threads = arguments_.threads;
    if (!arguments_.no_index) options.index_maker = ThisBuild();
    options.progress = progress.Callback();
    return analyze::Analyze(arguments_.metrics_dir, options);
  }

  Status WriteReport(const Analysis& analysis, const analyze::GroupAnswer* compared, Target& target) {
    ReadingProgress progress(streams_.err(), clock_);
    ASSIGN_OR_RETURN(const std::string page, MakeReport(arguments_, analysis, compared, progress.Callback()));
    RETURN_IF_ERROR(target.Append(page));
    return target.Commit();
  }

  // Reads every record once more, whole: a group's fields may be any.
  Result<analyze::GroupAnswer> CompareGroups() {
    const std::vector<std::string> device_and_model = {std::string(analyze::kDeviceName), "model_name"};
    analyze::Grouping grouping(arguments_.by.empty() ? device_and_model : arguments_.by);
    analyze::FieldWatch fields(arguments_.by);
    const auto each = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      fields.See(origin.context);
      if (IsAskedFor(origin.file, record)) grouping.Add(origin, record);
      return Ok();
    };
    RETURN_IF_ERROR(Each(each).status());
    if (!fields.unknown().empty()) {
      return {Code::kInvalidArgument,
              fmt::format("--by: no record and no run here has a field \"{}\"", fields.unknown().front())};
    }
    return std::move(grouping).Compare({});
  }

  // False when the device asked for is not there.
  bool KeepAskedFor(Analysis& analysis) {
    if (arguments_.device.empty()) return true;
    for (const analyze::Group& group : analysis.groups) devices_[{group.key.device_id, group.key.device_name}] = true;
    analysis.groups = GroupsOfDevice(analysis.groups, arguments_.device);
    return !analysis.groups.empty() || devices_.empty();
  }

  bool IsAskedFor(const analyze::FoundFile& file, const InferenceRecord& record) {
    const std::string id = record.device_id.value_or("");
    const std::string name = file.folder_name.value_or(id);
    devices_[{id, name}] = true;
    const bool asked = arguments_.device.empty() || analyze::IsDevice(id, name, arguments_.device);
    found_device_ = found_device_ || asked;
    return asked;
  }

  int NoSuchDevice() {
    SayNoSuchDevice(arguments_.device, devices_, streams_);
    return kFailed;
  }
  int Fail(const Status& status) {
    streams_.Say(status.message());
    return kFailed;
  }
  // A missing folder has a next step; a failure to write does not.
  int ReadFailure(const Status& status) {
    return status.message().starts_with(arguments_.metrics_dir.string() + ":") ? SayCannotRead(status, streams_)
                                                                               : Fail(status);
  }

  const AnalyzeArguments& arguments_;
  os::FileCalls& files_;
  Streams& streams_;
  base::SystemClock clock_;
  Devices devices_;
  bool found_device_ = false;
};

// What is wrong with the options together; empty where nothing is.
std::string WrongTogether(const AnalyzeArguments& arguments) {
  const bool report_is_out = arguments.report == kStandardOutput;
  if (!arguments.by.empty() && !arguments.compare) return "--by makes the groups of --compare: add that";
  if (arguments.records && !arguments.report.empty()) return "--records and --report do not go together";
  if (arguments.records && arguments.export_csv.empty() && arguments.format != OutputFormat::kCsv) {
    return "--records writes CSV: add --export-csv FILE or --format csv";
  }
  if (arguments.records && arguments.compare) return "--records and --compare do not go together";
  if (report_is_out && arguments.export_csv == kStandardOutput) {
    return "--report - and --export-csv - do not go together: there is one standard output";
  }
  if (report_is_out && arguments.format != OutputFormat::kTable) {
    return "--report - and --format do not go together: there is one standard output";
  }
  if (!arguments.report.empty() && arguments.report == arguments.export_csv) {
    return "--report and --export-csv name the same file";
  }
  return "";
}

}  // namespace

int RunAnalyze(const AnalyzeArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err) {
  Streams streams("analyze", out, err);
  Run run(arguments, files, streams);
  if (const std::string wrong = WrongTogether(arguments); !wrong.empty()) {
    streams.Say(wrong);
    return kWrongUsage;
  }
  if (const Status lake = CheckNamedLake(arguments.lake); !lake.ok()) {
    streams.Say(lake.message());
    return kFailed;
  }
  return arguments.records ? run.Records() : run.Groups();
}

}  // namespace inferometer::cli
