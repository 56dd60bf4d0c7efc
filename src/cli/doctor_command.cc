#include "cli/doctor_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/default_model.h"
#include "exchange/survey_json.h"
#include "os/signals.h"
#include "os/whole_file_writer.h"
#include "probe/energy/power_profile.h"
#include "probe/survey/survey.h"
#include "report/survey_tables.h"
#include "report/table.h"
#include "report/terminal_text.h"
#include "trial/calibration.h"

namespace inferometer::cli {
namespace {

// One line that is written over and over on a terminal, and nothing elsewhere.
class StatusLine {
 public:
  explicit StatusLine(std::FILE* err) : err_(err), on_terminal_(::isatty(::fileno(err)) == 1) {}
  ~StatusLine() { Clear(); }
  StatusLine(const StatusLine&) = delete;
  StatusLine& operator=(const StatusLine&) = delete;

  void Show(const std::string& text) {
    if (!on_terminal_) return;
    shown_ = true;
    fmt::print(err_, "\r\x1b[K{}", text);
    std::fflush(err_);
  }
  void Clear() {
    if (shown_) std::fputs("\r\x1b[K", err_);
    shown_ = false;
  }

 private:
  std::FILE* err_;
  bool on_terminal_;
  bool shown_ = false;
};

int Say(std::FILE* err, const std::string& sentence) {
  fmt::print(err, "inferometer doctor: {}\n", report::TerminalText(sentence));
  return kFailed;
}

int Deliver(const std::string& text, std::FILE* out, std::FILE* err) {
  const bool written = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  return written ? kDone : Say(err, "standard output could not be written");
}

probe::EnergyRoots Roots(const DoctorArguments& arguments, const base::Clock& clock) {
  probe::EnergyRoots roots;
  roots.sysfs = arguments.sysfs;
  roots.clock = &clock;
  roots.external_meter = arguments.meter;
  roots.external_relative_uncertainty = arguments.meter_uncertainty_percent / 100;
  return roots;
}

std::filesystem::path ProfilePath(const DoctorArguments& arguments) {
  return arguments.profile.empty() ? probe::DefaultPowerProfile().value_or("") : arguments.profile;
}

int Examine(const DoctorArguments& arguments, std::FILE* out, std::FILE* err) {
  const base::SystemClock clock;
  probe::SurveyOptions options;
  options.paths.procfs = arguments.procfs;
  options.paths.sysfs = arguments.sysfs;
  options.energy = Roots(arguments, clock);
  options.profile = ProfilePath(arguments);
  StatusLine line(err);
  line.Show("looking, about two seconds");
  const probe::Survey survey = SurveyThisMachine(options);
  line.Clear();
  return Deliver(arguments.as_json ? exchange::SurveyJson(survey) : report::SurveyTables(survey), out, err);
}

std::string CalibrationTable(const trial::Calibration& calibration) {
  const probe::PowerProfile& profile = calibration.profile;
  report::Table table(fmt::format("Power (W), by {} over {}, model {}, {} threads", profile.source, profile.scope,
                                  report::TerminalText(profile.model_name), profile.threads),
                      {"Point", "W", "+/-", "sd", "Seconds", "tokens/s"});
  for (const trial::CalibratedPoint& point : calibration.points) {
    table.Text(point.name);
    table.Number(point.power.watts, 3);
    table.Number(point.power.uncertainty_watts, 3);
    table.Number(point.power.sd_watts, 3);
    table.Number(point.power.windows, 0);
    table.Number(point.tokens_per_second, 1);
  }
  return table.Render(report::TableFormat::kText);
}

// A path that cannot be written is known before the long work; the file appears when it is whole.
Result<os::WholeFileWriter> OpenProfile(const std::filesystem::path& path, os::FileCalls& files) {
  if (path.empty()) return {Code::kInvalidArgument, "there is no home to keep the profile in; give --out FILE"};
  if (path.has_parent_path()) RETURN_IF_ERROR(os::CreateFolders(path.parent_path()));
  return os::WholeFileWriter::Open(files, path);
}

Result<trial::Calibration> RunCalibration(const DoctorArguments& arguments, const base::Clock& clock,
                                          const std::stop_token& stop, std::FILE* err) {
  trial::CalibrationOptions options;
  options.roots = Roots(arguments, clock);
  options.model = arguments.model;
  options.model.procfs = arguments.procfs;
  options.sysfs = arguments.sysfs;
  options.seconds = arguments.seconds;
  if (options.model.path.empty()) options.model.path = DefaultModel();
  if (options.model.path.empty()) return {Code::kNotFound, kNoModel};
  StatusLine line(err);
  const auto progress = [&line](std::string_view phase, int done, int all) {
    line.Show(all > 0 ? fmt::format("{}: {} of {} s", phase, done, all) : std::string(phase));
  };
  return trial::Calibrate(options, progress, stop);
}

int Calibrate(const DoctorArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err) {
  std::stop_source stop;
  auto signals = os::SignalWatch::Start([&stop](int) { stop.request_stop(); });
  if (!signals.ok()) return Say(err, signals.status().message());
  const std::filesystem::path path = ProfilePath(arguments);
  auto file = OpenProfile(path, files);
  if (!file.ok()) return Say(err, file.status().message());
  const base::SystemClock clock;
  const auto calibration = RunCalibration(arguments, clock, stop.get_token(), err);
  if (!calibration.ok()) return Say(err, calibration.status().message() + "; no profile was written");
  for (const std::string& warning : calibration->warnings) static_cast<void>(Say(err, warning));
  const std::string json = probe::PowerProfileAsJson(calibration->profile);
  Status kept = file->Append(json);
  if (kept.ok()) kept = file->Commit();
  const int delivered = Deliver(arguments.as_json ? json : CalibrationTable(*calibration), out, err);
  if (!kept.ok()) return Say(err, kept.message());
  fmt::print(err, "the profile is {}; `inferometer device` uses it where nothing measures\n",
             report::TerminalText(path.string()));
  return delivered;
}

}  // namespace

int RunDoctor(const DoctorArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err) {
  return arguments.calibrate ? Calibrate(arguments, files, out, err) : Examine(arguments, out, err);
}

}  // namespace inferometer::cli
