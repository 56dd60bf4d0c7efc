#include "cli/import_command.h"

#include <fmt/format.h>

#include <optional>
#include <utility>

#include "base/clock.h"
#include "base/device_id.h"
#include "base/timestamp.h"
#include "cli/command.h"
#include "cli/import_input.h"
#include "cli/reading_progress.h"
#include "cli/streams.h"
#include "exchange/import_records.h"

namespace inferometer::cli {
namespace {

using exchange::ForeignFormat;

// Nothing for what no file of lines is.
std::optional<ForeignFormat> LinesOf(ImportFormat format) {
  switch (format) {
    case ImportFormat::kLlamaBench: return ForeignFormat::kLlamaBench;
    case ImportFormat::kAiperf: return ForeignFormat::kAiperf;
    case ImportFormat::kLlamaServer: return ForeignFormat::kLlamaServer;
    case ImportFormat::kOllama: return ForeignFormat::kOllama;
    default: return std::nullopt;
  }
}

// What the options say for lines that do not.
struct Given {
  exchange::ImportedDevice device;
  exchange::ForeignDefaults defaults;
};

Result<Given> ReadOptions(const ImportArguments& arguments) {
  Given given;
  ASSIGN_OR_RETURN(given.device.id, base::CanonicalDeviceId(arguments.device_id));
  given.device.folder_name = arguments.device_name.empty() ? given.device.id : arguments.device_name;
  if (!arguments.device_name.empty()) RETURN_IF_ERROR(base::CheckDeviceName(arguments.device_name));
  if (!arguments.model.empty()) given.defaults.model_name = arguments.model;
  if (!arguments.measured_at.empty()) {
    const auto time = base::ParseTimestamp(arguments.measured_at);
    if (!time.ok()) return Status(Code::kInvalidArgument, "--measured-at: " + time.status().message());
    given.defaults.measured_at = *time;
  }
  return given;
}

// One run of the command.
class Import {
 public:
  Import(const ImportArguments& arguments, os::FileCalls& files, const std::stop_token& stop, Streams& streams)
      : arguments_(arguments), stop_(stop), streams_(streams), target_(arguments.out, files, clock_) {}

  int Run() {
    const auto given = ReadOptions(arguments_);
    if (!given.ok()) return Say(given.status(), kWrongUsage);
    std::error_code error;
    const bool is_folder = std::filesystem::is_directory(arguments_.from, error);
    const bool wants_lines = LinesOf(arguments_.format).has_value();
    if (is_folder && wants_lines) return Say({Code::kInvalidArgument, NotA("a file")}, kWrongUsage);
    if (!is_folder && arguments_.format == ImportFormat::kOlder) {
      return Say({Code::kInvalidArgument, NotA("a folder")}, kWrongUsage);
    }
    const Status done = is_folder ? Folder() : File(*given);
    for (const std::string& problem : report_.problems) streams_.Say(problem + "; left out");
    SayRest();
    if (!done.ok()) return Say(done, kFailed);
    return SayOutcome();
  }

 private:
  int Say(const Status& status, int exit_code) {
    streams_.Say(status.message());
    return exit_code;
  }
  [[nodiscard]] std::string NotA(std::string_view what) const {
    return fmt::format("{}: this format is {}; leave --format away, or name another", arguments_.from.string(), what);
  }
  [[nodiscard]] Status CheckStop() const {
    if (!stop_.stop_requested()) return Ok();
    return {Code::kCancelled, "stopped; what is stored stays, and the same command goes on"};
  }

  Status Folder() {
    ReadingProgress progress(streams_.err(), clock_);
    return exchange::ImportDirectory(
        arguments_.from, progress.Callback(), [this] { return CheckStop(); }, target_, report_);
  }

  Status File(const Given& given) {
    ASSIGN_OR_RETURN(const ImportInput input, ImportInput::Open(arguments_.from, stop_));
    auto format = LinesOf(arguments_.format);
    if (!format) {
      ASSIGN_OR_RETURN(format, exchange::GuessFileFormat(input.source()));
    }
    return exchange::ImportFile(
        input.source(), *format, given.device, given.defaults, [this] { return CheckStop(); }, target_, report_);
  }

  void SayRest() {
    const std::uint64_t named = report_.problems.size();
    if (report_.problems_count > named) {
      streams_.Say(fmt::format("{} more were left out", report_.problems_count - named));
    }
    if (report_.lacked_model && arguments_.model.empty()) {
      streams_.Say("not every line names its model: it is called \"unknown\"; --model NAME says which it was");
    }
  }

  int SayOutcome() {
    std::string sentence =
        fmt::format("{} records into {} ({} files)", target_.added(), arguments_.out.string(), target_.files());
    if (target_.already_there() > 0) sentence += fmt::format(", {} were there already", target_.already_there());
    if (report_.without_inference > 0) {
      sentence += fmt::format(", {} lines tell of no inference", report_.without_inference);
    }
    if (report_.problems_count > 0) sentence += fmt::format(", {} left out", report_.problems_count);
    streams_.Say(sentence);
    const bool is_empty = target_.added() + target_.already_there() == 0;
    return report_.problems_count > 0 || is_empty ? kFailed : kDone;
  }

  const ImportArguments& arguments_;
  const std::stop_token& stop_;
  Streams& streams_;
  base::SystemClock clock_;
  exchange::ImportTarget target_;
  exchange::ImportReport report_;
};

}  // namespace

int RunImport(const ImportArguments& arguments, os::FileCalls& files, const std::stop_token& stop, std::FILE* err) {
  Streams streams("import", stdout, err);
  return Import(arguments, files, stop, streams).Run();
}

}  // namespace inferometer::cli
