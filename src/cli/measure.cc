#include "cli/measure.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cmath>
#include <cstdio>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/measure_table.h"
#include "cli/probe_options.h"
#include "inferometer/recorder.h"
#include "measure/program_window.h"
#include "os/appended_file.h"
#include "os/doorbell.h"
#include "os/signals.h"
#include "probe/energy/power_model.h"
#include "record/json_write.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

enum class Format { kTable, kJson };

// A year; what CLI11 takes for a number, nanoseconds can hold.
constexpr double kLongestSeconds = 365.0 * 86400;

struct MeasureArguments {
  std::vector<std::string> command;
  std::optional<int> pid;
  std::optional<double> seconds;
  Format format = Format::kTable;
  std::string out;
  bool quiet = false;
  RecorderOptions measuring;
};

int Fail(const std::string& problem, int exit_code) {
  fmt::print(stderr, "inferometer: {}\n", report::TerminalText(problem));
  return exit_code;
}

Status Check(const MeasureArguments& arguments) {
  RETURN_IF_ERROR(probe::FindBoard(arguments.measuring.board).status());
  if (arguments.pid && !arguments.command.empty()) {
    return {Code::kInvalidArgument, "give a command or --pid, not both"};
  }
  if (!arguments.pid && arguments.command.empty()) {
    return {Code::kInvalidArgument, "nothing to measure: put a command after --, or give --pid"};
  }
  if (arguments.seconds && !arguments.pid) {
    return {Code::kInvalidArgument, "--for belongs to --pid; a command is measured to its end"};
  }
  return Ok();
}

void Show(const MeasureArguments& arguments, const InferenceRecord& record, std::FILE* stream) {
  if (arguments.quiet) return;
  std::string text;
  if (arguments.format == Format::kJson) {
    record::AppendJson(record, text);
    text += '\n';
  } else {
    text = MeasureTable(record);
  }
  std::fwrite(text.data(), 1, text.size(), stream);
}

// One measurement, with what it needs from the machine.
class Measurement {
 public:
  explicit Measurement(const MeasureArguments& arguments) : arguments_(arguments) {}

  // What cannot be done is found before anything runs.
  Status Prepare() {
    if (!arguments_.out.empty()) {
      ASSIGN_OR_RETURN(auto file, os::AppendedFile::Open(arguments_.out));
      out_.emplace(std::move(file));
    }
    ASSIGN_OR_RETURN(meter_, measure::ProgramMeter::Make(arguments_.measuring, clock_));
    return Ok();
  }

  int Run() { return arguments_.pid ? WatchProcess() : RunCommand(); }

 private:
  // The program's own output is not to be mixed with ours, which goes to standard error.
  int RunCommand() {
    const auto result = meter_->Run(arguments_.command);
    if (!result.ok()) return Fail(result.status().message(), kFailed);
    if (result->not_started) Fail(result->not_started->message(), kFailed);
    Show(arguments_, result->record, stderr);
    if (result->left_running > 0) {
      fmt::print(stderr, "inferometer: {} of its processes still running; from now on they are not measured\n",
                 result->left_running);
    }
    const int kept = Keep(result->record);
    return result->exit_code != kDone ? result->exit_code : kept;
  }

  int WatchProcess() {
    auto bell = os::Doorbell::Make();
    if (!bell.ok()) return Fail(bell.status().message(), kFailed);
    const auto signals = os::SignalWatch::Start([&bell](int) { bell->Ring(); });
    if (!signals.ok()) return Fail(signals.status().message(), kFailed);
    const auto at_most = std::chrono::duration<double>(arguments_.seconds.value_or(kLongestSeconds));
    const auto record = meter_->Watch(*arguments_.pid, *bell, std::chrono::round<std::chrono::nanoseconds>(at_most));
    if (!record.ok()) return Fail(record.status().message(), kFailed);
    Show(arguments_, *record, stdout);
    return Keep(*record);
  }

  int Keep(const InferenceRecord& record) const {
    if (!out_) return kDone;
    std::string line;
    record::AppendJson(record, line);
    line += '\n';
    const Status appended = out_->Append(line);
    return appended.ok() ? kDone : Fail(appended.message(), kFailed);
  }

  const MeasureArguments& arguments_;
  const base::SystemClock clock_;
  std::optional<os::AppendedFile> out_;
  std::unique_ptr<measure::ProgramMeter> meter_;
};

int RunMeasure(const MeasureArguments& arguments) {
  if (const Status usage = Check(arguments); !usage.ok()) return Fail(usage.message(), kWrongUsage);
  Measurement measurement(arguments);
  if (const Status prepared = measurement.Prepare(); !prepared.ok()) return Fail(prepared.message(), kFailed);
  return measurement.Run();
}

void AddOutput(CLI::App& app, MeasureArguments& arguments) {
  static const std::map<std::string, Format> kFormats = {{"table", Format::kTable}, {"json", Format::kJson}};
  app.add_option("--format", arguments.format,
                 "table or json; on standard error with a command, whose own output standard output is")
      ->transform(Choice(kFormats))
      ->type_name("FORMAT");
  app.add_option("--out", arguments.out, "Also append the record to this file, as one line of JSON")->type_name("FILE");
  app.add_flag("--quiet", arguments.quiet, "Show nothing; for --out");
}

// CLI11 leaves the command alone only where it does not know what to do with it: the first word goes to an option of
// its own, which also lets "--" through, the rest to what remains, beginning with that "--".
std::vector<std::string> CommandOf(const CLI::App& app, const std::string& first_word) {
  std::vector<std::string> command;
  std::vector<std::string> rest = app.remaining();
  if (rest.empty() || rest.front() != "--" || app.count("COMMAND") == 0) return command;
  command.push_back(first_word);
  command.insert(command.end(), rest.begin() + 1, rest.end());
  return command;
}

}  // namespace

std::function<int()> SetUpMeasure(CLI::App& app) {
  auto arguments = std::make_shared<MeasureArguments>();
  auto first_word = std::make_shared<std::string>();
  app.prefix_command();
  app.add_option("COMMAND", *first_word, "The program to run, after --, and its arguments; its exit code is ours")
      ->type_name("");
  app.add_option("--pid", arguments->pid, "Measure a process that runs, and all below it")
      ->check(CLI::Range(1, 1 << 22))
      ->type_name("PID");
  app.add_option("--for", arguments->seconds, "With --pid: end after so long (default: when it ends, or at Ctrl-C)")
      ->check(CLI::Range(0.001, kLongestSeconds))
      ->type_name("SECONDS");
  AddOutput(app, *arguments);
  AddProbeOptions(app, arguments->measuring, "Measuring");
  return [arguments, first_word, &app] {
    if (const Status profile = FillInPowerProfile(arguments->measuring); !profile.ok()) {
      static_cast<void>(Fail(profile.message(), kDone));
    }
    arguments->command = CommandOf(app, *first_word);
    if (arguments->command.empty() && app.count("COMMAND") > 0) {
      return Fail("put -- before the command: inferometer measure [OPTIONS] -- " + *first_word + " ...", kWrongUsage);
    }
    return RunMeasure(*arguments);
  };
}

}  // namespace inferometer::cli
