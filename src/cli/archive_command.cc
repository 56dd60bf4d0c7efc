#include "cli/archive_command.h"

#include <fmt/format.h>

#include <string>

#include "cli/command.h"
#include "cli/left_files.h"
#include "cli/reading_progress.h"
#include "record/json_pieces.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

constexpr int kSchemaVersion = 1;
constexpr double kBytesPerMb = 1 << 20;

int Say(std::FILE* err, const std::string& sentence) {
  fmt::print(err, "inferometer archive: {}\n", report::TerminalText(sentence));
  return kFailed;
}

std::string Counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

std::string Text(const archive::ArchiveReport& report, bool dry_run) {
  std::string text = fmt::format("{}{} of {} into the lake", dry_run ? "would bring " : "",
                                 Counted(report.records, "record"), Counted(report.files, "file"));
  if (report.records_known > 0) text += fmt::format(" ({} more were there already)", report.records_known);
  if (report.journal_records > 0) {
    text += fmt::format(", and {} of {} that {} in no file", Counted(report.journal_records, "record"),
                        Counted(report.journals, "journal"), report.journal_records == 1 ? "stands" : "stand");
  }
  if (report.partitions > 0) {
    text += fmt::format(": {} written, {:.1f} MB in all", Counted(report.partitions, "partition"),
                        static_cast<double>(report.lake_bytes) / kBytesPerMb);
  }
  text += '\n';
  if (report.dropped_files > 0) {
    text +=
        fmt::format("{}dropped {} of which the lake has every record: {:.1f} MB freed\n", dry_run ? "would have " : "",
                    Counted(report.dropped_files, "file"), static_cast<double>(report.dropped_bytes) / kBytesPerMb);
  }
  if (report.waiting_files > 0) {
    const bool is_one = report.waiting_files == 1;
    text += fmt::format("{} {} in the lake until {} grace is over (--grace)\n", Counted(report.waiting_files, "file"),
                        is_one ? "stays beside its records" : "stay beside their records", is_one ? "its" : "their");
  }
  return text;
}

std::string Json(const archive::ArchiveReport& report) {
  std::string json;
  record::JsonObject object(json);
  object.Integer("schema_version", kSchemaVersion);
  record::AppendCount(object, "files", report.files);
  record::AppendCount(object, "records", report.records);
  record::AppendCount(object, "records_known", report.records_known);
  record::AppendCount(object, "journals", report.journals);
  record::AppendCount(object, "journal_records", report.journal_records);
  record::AppendCount(object, "partitions", report.partitions);
  record::AppendCount(object, "lake_bytes", report.lake_bytes);
  record::AppendCount(object, "dropped_files", report.dropped_files);
  record::AppendCount(object, "dropped_bytes", report.dropped_bytes);
  record::AppendCount(object, "waiting_files", report.waiting_files);
  AppendLeft(report.left, object, json);
  object.Close();
  return json + "\n";
}

}  // namespace

int RunArchive(const ArchiveArguments& arguments, os::FileCalls& files, const base::Clock& clock, std::FILE* out,
               std::FILE* err) {
  archive::ArchiveOptions options = arguments.options;
  auto report = [&] {
    ReadingProgress progress(err, clock);
    options.progress = progress.Callback();
    return archive::Archive(options, files, clock);
  }();
  if (!report.ok()) return Say(err, report.status().message());
  for (const archive::LeftFile& left : report->left) {
    Say(err, fmt::format("{} stays: {}", left.file, left.reason));
  }
  const std::string text = arguments.as_json ? Json(*report) : Text(*report, options.dry_run);
  const bool arrived = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  if (!arrived) return Say(err, "standard output could not be written");
  return report->left.empty() ? kDone : kFailed;
}

}  // namespace inferometer::cli
