#include "cli/clean_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "analyze/directory.h"
#include "analyze/journal_records.h"
#include "analyze/verification.h"
#include "archive/cleaner.h"
#include "cli/command.h"
#include "cli/journal_look.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/streams.h"
#include "store/segment_format.h"

namespace inferometer::cli {
namespace {

namespace fs = std::filesystem;

bool HoldsSegments(os::FileCalls& files, const fs::path& folder) {
  const auto names = files.List(folder);
  if (!names.ok()) return false;
  for (const std::string& name : *names) {
    if (store::ParseSegmentName(name)) return true;
  }
  return false;
}

// Without a slash at the end, so that the last name is the folder's.
fs::path Plain(const fs::path& folder) {
  fs::path plain = folder.lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

class Run {
 public:
  Run(const CleanArguments& arguments, os::FileCalls& files, const base::Clock& clock, const std::stop_token& stop,
      Streams& streams)
      : arguments_(arguments), files_(files), clock_(clock), streams_(streams), root_(Plain(arguments.metrics_dir)) {
    options_.stop = stop;
  }

  int Do() {
    if (const Status lake = CheckNamedLake(arguments_.lake); !lake.ok()) return Fail(lake.message());
    const auto above = JournalAbove();
    auto directory = analyze::ListMetrics(root_);
    if (!directory.ok()) return Fail(directory.status().message() + "; name the folder with --metrics-dir");
    options_.directory = std::move(*directory);
    auto journals = options_.directory.journals;
    if (above) journals.push_back(*above);
    for (const fs::path& journal : journals) TakeJournal(journal);
    FillOptions();
    auto report = [&] {
      ReadingProgress progress(streams_.err(), clock_);
      options_.progress = progress.Callback();
      return archive::Clean(options_, files_, clock_);
    }();
    if (!report.ok()) return Fail(report.status().message());
    return Tell(*report);
  }

 private:
  int Fail(const std::string& sentence) {
    streams_.Say(sentence);
    return kFailed;
  }

  // Of a hub that keeps `root_` for one of its devices. Paths are absolute from then on.
  std::optional<fs::path> JournalAbove() {
    const fs::path absolute = Plain(fs::absolute(root_));
    for (fs::path folder = absolute.parent_path(); folder.has_relative_path(); folder = folder.parent_path()) {
      if (!HoldsSegments(files_, folder / "journal")) continue;
      root_ = absolute;
      return folder / "journal";
    }
    return std::nullopt;
  }

  void TakeJournal(const fs::path& journal) {
    analyze::Verification ignored;  // `inferometer verify` says what is wrong with a journal
    auto known = LookAtJournal(files_, journal, analyze::IsHeld(journal), ignored);
    if (!known.ok()) {
      streams_.Say(fmt::format("{}: {}; nothing of its folder goes without --force", journal.string(),
                               known.status().message()));
      known = analyze::StoreKnowledge{.folder = journal.parent_path(), .debt = analyze::Debt::kUnknown};
    }
    options_.stores.push_back(std::move(*known));
  }

  void FillOptions() {
    options_.metrics_dir = root_;
    options_.lake = arguments_.lake;
    options_.retention = arguments_.retention;
    options_.ignores_age = arguments_.all;
    options_.dry_run = arguments_.dry_run;
    options_.force = arguments_.force;
    options_.trusts_clock = arguments_.trust_clock;
    options_.built = arguments_.built;
  }

  int Tell(const archive::CleanReport& report) {
    for (const archive::LeftFile& left : report.left) streams_.Say(fmt::format("{} stays: {}", left.file, left.reason));
    for (const std::string& name : report.unknown_devices) {
      streams_.Say(fmt::format("--keep {}: there is nothing of a device of this name or id", name));
    }
    SayUnacknowledged(report);
    streams_.Data(CleanText(report, arguments_.format, arguments_.dry_run));
    if (!report.failure.ok()) streams_.Say(report.failure.message());
    if (report.was_stopped) streams_.Say("stopped; what is told is gone, the rest is as it was");
    const bool is_done = streams_.Arrived() && report.left.empty() && report.failure.ok() && !report.was_stopped &&
                         report.unknown_devices.empty();
    return is_done ? kDone : kFailed;
  }

  void SayUnacknowledged(const archive::CleanReport& report) {
    std::uint64_t count = 0;
    for (const archive::RemovedFile& one : report.removed) count += one.unacknowledged;
    if (count == 0) return;
    streams_.Say(fmt::format(
        "{} records {} before a hub had acknowledged them (--force); what the journal still holds of them, its "
        "device sends, and what it lets go later, it reports lost",
        count, arguments_.dry_run ? "would go" : "went"));
  }

  const CleanArguments& arguments_;
  os::FileCalls& files_;
  const base::Clock& clock_;
  Streams& streams_;
  fs::path root_;
  archive::CleanOptions options_;
};

// Whether the user says so. Nothing: there is nobody to ask.
std::optional<bool> SaysYes(const fs::path& root, std::FILE* in, std::FILE* err) {
  if (isatty(fileno(in)) == 0) return std::nullopt;
  fmt::print(err, "All records in {} will be removed, whatever their age. Type yes to go on: ", root.string());
  std::fflush(err);
  std::array<char, 16> line{};
  if (std::fgets(line.data(), static_cast<int>(line.size()), in) == nullptr) return false;
  return std::string_view(line.data()) == "yes\n";
}

}  // namespace

std::optional<int> RefuseClean(const CleanArguments& arguments, std::FILE* in, std::FILE* err) {
  Streams streams("clean", nullptr, err);
  const auto refuse = [&](const std::string& sentence, int code) {
    streams.Say(sentence);
    return code;
  };
  if (!arguments.all && !arguments.retention.older_than && arguments.retention.own.empty()) {
    return refuse("say how long records are kept: --older-than 90d, --keep DEVICE=TIME, or --all", kWrongUsage);
  }
  if (arguments.all && arguments.retention.older_than) {
    return refuse("--all asks for no age; leave --older-than out", kWrongUsage);
  }
  if (!arguments.all || arguments.yes || arguments.dry_run) return std::nullopt;
  const auto answer = SaysYes(arguments.metrics_dir, in, err);
  if (!answer) return refuse("--all removes everything, and nobody is there to ask: say --yes", kFailed);
  return *answer ? std::nullopt : std::optional(refuse("nothing was removed", kFailed));
}

int RunClean(const CleanArguments& arguments, os::FileCalls& files, const base::Clock& clock,
             const std::stop_token& stop, std::FILE* out, std::FILE* err) {
  Streams streams("clean", out, err);
  return Run(arguments, files, clock, stop, streams).Do();
}

}  // namespace inferometer::cli
