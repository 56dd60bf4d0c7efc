#include "cli/export_command.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

#include "analyze/directory.h"
#include "analyze/each_record.h"
#include "base/clock.h"
#include "cli/asked_device.h"
#include "cli/command.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/reported_losses.h"
#include "cli/streams.h"
#include "exchange/load_files.h"
#include "exchange/parquet_target.h"
#include "exchange/postgresql_target.h"
#include "exchange/sqlite_target.h"
#include "exchange/text_target.h"
#include "lake/partition.h"
#include "os/whole_file_writer.h"

namespace inferometer::cli {
namespace {

using analyze::RecordOrigin;
using exchange::TargetKind;

// The text entry of a context, or nothing.
std::string TextOf(const store::Context& context, std::string_view key) {
  for (const auto& [name, value] : context) {
    const auto* text = std::get_if<std::string>(&value);
    if (name == key && text != nullptr) return *text;
  }
  return "";
}

// One run of the command.
class Export {
 public:
  Export(const ExportArguments& arguments, os::FileCalls& files, const std::stop_token& stop, Streams& streams)
      : arguments_(arguments), files_(files), stop_(stop), streams_(streams), asked_(arguments.device) {}

  int Run() {
    const auto name = exchange::ParseTarget(arguments_.to, arguments_.format);
    if (!name.ok()) return Say(name.status(), kWrongUsage);
    if (const Status lake = CheckNamedLake(arguments_.lake); !lake.ok()) return Say(lake, kFailed);
    const auto directory = analyze::ListMetrics(arguments_.metrics_dir);
    if (!directory.ok()) {
      return Say({directory.status().code(), directory.status().message() + "; name the folder with --metrics-dir"},
                 kFailed);
    }
    const auto in_lake =
        lake::ListPartitions(arguments_.lake.empty() ? arguments_.metrics_dir / lake::kLakeFolder : arguments_.lake);
    if (!in_lake.ok()) return Say(in_lake.status(), kFailed);
    const bool is_empty = directory->metrics.empty() && directory->unreadable.empty() && in_lake->empty();
    if (is_empty && directory->journals.empty()) return NoRecords();
    const Status opened = Open(*name);
    if (!opened.ok()) return Say(opened, opened.code() == Code::kInvalidArgument ? kWrongUsage : kFailed);
    SayAddedColumns();
    auto read = PutAll();
    if (!read.ok()) return Say(read.status(), kFailed);
    streams_.SayDamage(read->damaged);
    if (!asked_.met_any() && read->damaged.empty() && !has_losses_) return NoRecords();
    if (!asked_.met_asked() && asked_.met_any()) return Say({Code::kNotFound, asked_.NotThere()}, kFailed);
    const Status finished = Finish();
    if (!finished.ok()) return Say(finished, kFailed);
    SayOutcome(*name);
    return streams_.Arrived() && read->damaged.empty() && !lacks_losses_ ? kDone : kFailed;
  }

 private:
  int Say(const Status& status, int exit_code) {
    streams_.Say(status.message());
    return exit_code;
  }

  int NoRecords() {
    streams_.Say(
        fmt::format("{}: no records in it; name the folder with --metrics-dir", arguments_.metrics_dir.string()));
    return kFailed;
  }

  Status Open(const exchange::TargetName& name) {
    switch (name.kind) {
      case TargetKind::kPostgresql: return OpenPostgresql(name.place);
      case TargetKind::kSqlite: return Take(exchange::OpenSqliteTarget(name.place));
      case TargetKind::kParquet: return OpenParquet(name.place);
      default: return OpenText(name);
    }
  }

  Status OpenParquet(const std::string& file) {
    ASSIGN_OR_RETURN(target_, exchange::OpenParquetTarget(file, files_, stop_));
    return Ok();
  }

  Status OpenPostgresql(const std::string& text) {
    ASSIGN_OR_RETURN(const auto url, exchange::PostgresqlUrl::Parse(text));
    place_ = url.display();
    return Take(exchange::OpenPostgresqlTarget(url));
  }

  Status Take(Result<std::unique_ptr<exchange::DatabaseTarget>> opened) {
    if (!opened.ok()) return opened.status();
    database_ = opened->get();
    target_ = std::move(*opened);
    return Ok();
  }

  Status OpenText(const exchange::TargetName& name) {
    exchange::AppendText append;
    if (name.place == exchange::kStandardOutput) {
      append = [this](std::string_view text) {
        streams_.Data(text);
        return Ok();
      };
    } else {
      ASSIGN_OR_RETURN(file_, os::WholeFileWriter::Open(files_, name.place));
      append = [this](std::string_view text) { return file_->Append(text); };
    }
    target_ = name.kind == TargetKind::kCsv ? exchange::MakeCsvTarget(append) : exchange::MakeJsonLinesTarget(append);
    return Ok();
  }

  Result<analyze::RecordsRead> PutAll() {
    const base::SystemClock clock;
    ReadingProgress progress(streams_.err(), clock);
    const auto put = [&](const RecordOrigin& origin, const InferenceRecord& record) {
      if (stop_.stop_requested()) return Stopped();
      const std::string id = record.device_id.value_or("");
      if (!asked_.Wants(id, origin.file.folder_name.value_or(id))) return Ok();
      ++records_;
      return target_->Put(origin, record);
    };
    ASSIGN_OR_RETURN(auto read, analyze::ForEachRecord(arguments_.metrics_dir, put, progress.Callback(),
                                                       analyze::Repeats::kOnce, arguments_.lake));
    const auto put_load = [&](const RecordOrigin& origin) {
      const std::string id = TextOf(origin.context, "device_id");
      return asked_.Wants(id, origin.file.folder_name.value_or(id)) ? target_->PutLoad(origin) : Ok();
    };
    if (database_ != nullptr) {
      RETURN_IF_ERROR(exchange::ForEachLoad(arguments_.metrics_dir, put_load, read.damaged));
      RETURN_IF_ERROR(PutLosses());
    }
    return read;
  }

  Status PutLosses() {
    ReportedLosses reported = LossesIn(arguments_.metrics_dir, files_);
    for (const std::string& problem : reported.problems) streams_.Say(problem);
    lacks_losses_ = !reported.problems.empty();
    std::erase_if(reported.losses, [&](const auto& loss) { return !asked_.WantsId(loss.stream.device); });
    has_losses_ = !reported.losses.empty();
    return has_losses_ ? database_->PutLosses(reported.losses) : Ok();
  }

  [[nodiscard]] Status Stopped() const {
    return {Code::kCancelled, database_ == nullptr ? "stopped; nothing was written"
                                                   : "stopped; what is stored stays, and the same command goes on"};
  }

  Status Finish() {
    RETURN_IF_ERROR(target_->Finish());
    return file_ ? file_->Commit() : Ok();
  }

  void SayAddedColumns() {
    if (database_ == nullptr || database_->added_columns().empty()) return;
    std::string names;
    for (const std::string& name : database_->added_columns()) names += (names.empty() ? "" : ", ") + name;
    streams_.Say("added the columns that the tables lacked: " + names);
  }

  void SayOutcome(const exchange::TargetName& name) {
    std::string sentence = fmt::format("{} records to {}", records_, place_.empty() ? name.place : place_);
    if (name.place == exchange::kStandardOutput) return;
    if (database_ != nullptr) sentence += fmt::format(", {} of them new or changed", database_->changed_records());
    streams_.Say(sentence);
  }

  const ExportArguments& arguments_;
  os::FileCalls& files_;
  const std::stop_token& stop_;
  Streams& streams_;
  AskedDevice asked_;
  std::string place_;  // as it may be shown, where that is not the name
  std::optional<os::WholeFileWriter> file_;
  std::unique_ptr<exchange::RecordTarget> target_;
  exchange::DatabaseTarget* database_ = nullptr;  // `target_`, where it is one
  std::uint64_t records_ = 0;
  bool has_losses_ = false;    // that were stored
  bool lacks_losses_ = false;  // perhaps: a journal or ledger could not be read
};

}  // namespace

int RunExport(const ExportArguments& arguments, os::FileCalls& files, const std::stop_token& stop, std::FILE* out,
              std::FILE* err) {
  Streams streams("export", out, err);
  return Export(arguments, files, stop, streams).Run();
}

}  // namespace inferometer::cli
