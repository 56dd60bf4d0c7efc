#include "cli/backup_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "archive/backup.h"
#include "cli/command.h"
#include "cli/left_files.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/streams.h"
#include "record/json_pieces.h"

namespace inferometer::cli {
namespace {

constexpr int kSchemaVersion = 1;
constexpr double kBytesPerMb = 1 << 20;
constexpr std::string_view kStandardOutput = "-";

std::string Json(const archive::BackupReport& report) {
  std::string json;
  record::JsonObject object(json);
  object.Integer("schema_version", kSchemaVersion);
  record::AppendCount(object, "files", report.files);
  record::AppendCount(object, "bytes", report.bytes);
  record::AppendCount(object, "tar_bytes", report.tar_bytes);
  AppendLeft(report.left, object, json);
  object.Close();
  return json + "\n";
}

std::string Text(const archive::BackupReport& report, std::string_view tar) {
  return fmt::format("{} files, {:.1f} MB, into {}: {:.1f} MB", report.files,
                     static_cast<double>(report.bytes) / kBytesPerMb, tar,
                     static_cast<double>(report.tar_bytes) / kBytesPerMb);
}

// Where it goes, and how; an error is one of usage.
Result<archive::BackupOptions> OptionsOf(const BackupArguments& arguments, std::FILE* out) {
  archive::BackupOptions options;
  options.metrics_dir = arguments.metrics_dir;
  options.lake = arguments.lake;
  if (arguments.tar.native() != kStandardOutput) {
    const auto compression = archive::CompressionOf(arguments.tar);
    if (!compression) {
      return Status(Code::kInvalidArgument,
                    arguments.tar.string() + ": its name tells no format: .tar, .tar.zst, .tar.gz or .tgz");
    }
    options.compression = *compression;
    options.tar = arguments.tar;
    return options;
  }
  if (isatty(fileno(out)) != 0) {
    return Status(Code::kInvalidArgument, "a tar is nothing for a terminal: --tar FILE, or | or > behind");
  }
  options.sink = [out](std::string_view bytes) {
    const bool is_written = std::fwrite(bytes.data(), 1, bytes.size(), out) == bytes.size();
    return is_written ? Ok() : Status(Code::kUnavailable, "standard output could not be written");
  };
  return options;
}

int Tell(const BackupArguments& arguments, const archive::BackupReport& report, Streams& streams) {
  for (const archive::LeftFile& left : report.left) streams.Say(fmt::format("{}: {}", left.file, left.reason));
  if (arguments.tar.native() == kStandardOutput) {
    streams.Say(Text(report, "standard output"));
  } else {
    streams.Data(arguments.as_json ? Json(report) : Text(report, arguments.tar.string()) + "\n");
  }
  return streams.Arrived() && report.left.empty() ? kDone : kFailed;
}

}  // namespace

int RunBackup(const BackupArguments& arguments, os::FileCalls& files, const base::Clock& clock,
              const std::stop_token& stop, std::FILE* out, std::FILE* err) {
  Streams streams("archive", out, err);
  auto options = OptionsOf(arguments, out);
  if (!options.ok()) {
    streams.Say(options.status().message());
    return kWrongUsage;
  }
  if (const Status lake = CheckNamedLake(arguments.lake); !lake.ok()) {
    streams.Say(lake.message());
    return kFailed;
  }
  options->stop = stop;
  const auto report = [&] {
    ReadingProgress progress(err, clock);
    options->progress = progress.Callback();
    return archive::BackUp(*options, files);
  }();
  if (report.ok()) return Tell(arguments, *report, streams);
  streams.Say(report.status().message());
  return kFailed;
}

}  // namespace inferometer::cli
