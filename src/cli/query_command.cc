#include "cli/query_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/command.h"
#include "cli/journal_look.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "cli/reported_losses.h"
#include "exchange/query_session.h"
#include "exchange/query_text.h"
#include "os/signals.h"
#include "os/temporary_files.h"
#include "os/whole_file_writer.h"
#include "report/table.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMostTableRows = 10'000;
constexpr std::size_t kMostSqlBytes = std::size_t{1} << 20;
constexpr std::size_t kWriteBytes = std::size_t{1} << 16;

// DuckDB explains itself in several lines, the last of which points at a place in the one above.
int SayLines(std::FILE* err, std::string_view lines) {
  std::string_view before = "inferometer query: ";
  while (!lines.empty()) {
    const std::string_view line = lines.substr(0, lines.find('\n'));
    lines.remove_prefix(std::min(line.size() + 1, lines.size()));
    if (!line.empty()) fmt::print(err, "{}{}\n", std::exchange(before, "  "), report::TerminalText(line));
  }
  return kFailed;
}

int Say(std::FILE* err, const std::string& sentence) {
  fmt::print(err, "inferometer query: {}\n", report::TerminalText(sentence));
  return kFailed;
}

Result<std::string> ReadSql(const std::string& argument, std::FILE* in) {
  if (argument != "-") return argument;
  std::string sql;
  std::array<char, 4096> piece{};
  while (const std::size_t count = std::fread(piece.data(), 1, piece.size(), in)) {
    sql.append(piece.data(), count);
    if (sql.size() > kMostSqlBytes) return Status(Code::kResourceExhausted, "the SQL is longer than 1 MB");
  }
  return sql;
}

// Where text goes: a file, whole or not at all, or the stream.
class Sink {
 public:
  static Result<Sink> Open(const fs::path& path, os::FileCalls& files, std::FILE* out) {
    if (path.empty()) return Sink(out, std::nullopt);
    ASSIGN_OR_RETURN(os::WholeFileWriter file, os::WholeFileWriter::Open(files, path));
    return Sink(out, std::move(file));
  }
  // Empties the text once it is long.
  Status Take(std::string& text, bool all = false) {
    if (text.size() < kWriteBytes && !all) return Ok();
    const std::string taken = std::exchange(text, {});
    if (file_) return file_->Append(taken);
    const bool written = std::fwrite(taken.data(), 1, taken.size(), out_) == taken.size();
    return written ? Ok() : Status(Code::kUnavailable, "standard output could not be written");
  }
  Status Finish() {
    if (file_) return file_->Commit();
    return std::fflush(out_) == 0 ? Ok() : Status(Code::kUnavailable, "standard output could not be written");
  }

 private:
  Sink(std::FILE* out, std::optional<os::WholeFileWriter> file) : out_(out), file_(std::move(file)) {}
  std::FILE* out_;
  std::optional<os::WholeFileWriter> file_;
};

// Hands a wish to stop on to the session that runs, whenever it comes. Safe from any thread.
class StopWish {
 public:
  void Express() {
    const std::lock_guard lock(mutex_);
    is_expressed_ = true;
    if (session_ != nullptr) session_->Interrupt();
  }
  // The session to interrupt from now on, or none. False when the wish came already.
  bool Watch(lake::SqlSession* session) {
    const std::lock_guard lock(mutex_);
    session_ = session;
    return !is_expressed_;
  }

 private:
  std::mutex mutex_;  // for all below
  lake::SqlSession* session_ = nullptr;
  bool is_expressed_ = false;
};

class Run {
 public:
  Run(const QueryArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err)
      : arguments_(arguments), files_(files), out_(out), err_(err) {}

  Status Do(const std::string& sql) {
    RETURN_IF_ERROR(CheckNamedLake(arguments_.lake));
    // Before DuckDB's threads, which must not take the signals.
    StopWish stop;
    const auto signals = os::SignalWatch::Start([&](int) { stop.Express(); });
    RETURN_IF_ERROR(signals.status());
    ASSIGN_OR_RETURN(const os::TemporaryFiles spill, os::TemporaryFiles::Make("inferometer-query"));
    ASSIGN_OR_RETURN(exchange::QuerySession opened, OpenSession(spill.path(), sql));
    for (const analyze::Damage& damage : opened.damaged) {
      const bool is_named = damage.error.find(damage.file) != std::string::npos;
      Say(err_, (is_named ? damage.error : damage.file + ": " + damage.error) + "; left out");
    }
    is_damaged_ = is_damaged_ || !opened.damaged.empty();
    if (!stop.Watch(&opened.session)) return {Code::kCancelled, "interrupted"};
    Status status = Ask(opened.session, sql);
    stop.Watch(nullptr);
    if (status.ok()) status = opened.CheckUnchanged();
    return status.code() == Code::kCancelled ? Status(Code::kCancelled, "interrupted") : status;
  }
  [[nodiscard]] bool is_damaged() const { return is_damaged_; }

 private:
  Status Ask(lake::SqlSession& session, const std::string& sql) {
    if (arguments_.format == QueryFormat::kParquet) return Parquet(session, sql);
    ASSIGN_OR_RETURN(Sink sink, Sink::Open(arguments_.out, files_, out_));
    RETURN_IF_ERROR(Text(session, sql, sink));
    return sink.Finish();
  }
  Result<exchange::QuerySession> OpenSession(const fs::path& spill, const std::string& sql) {
    ReadingProgress progress(err_, clock_);
    exchange::QuerySource source;
    source.metrics_dir = arguments_.metrics_dir;
    source.lake = arguments_.lake;
    ReportedLosses reported = LossesIn(arguments_.metrics_dir, files_);
    for (const std::string& problem : reported.problems) Say(err_, problem);
    is_damaged_ = !reported.problems.empty();
    source.losses = std::move(reported.losses);
    source.spill_into = spill;
    source.sql = sql;
    source.progress = progress.Callback();
    if (arguments_.format == QueryFormat::kParquet) source.output = Temporary();
    return exchange::OpenQuerySession(source);
  }
  [[nodiscard]] fs::path Temporary() const { return arguments_.out.string() + std::string(os::kTemporarySuffix); }

  Status Parquet(lake::SqlSession& session, const std::string& sql) {
    // DuckDB would follow a link under the temporary name, and write over a file that another program put there.
    RETURN_IF_ERROR(os::CheckReplaceable(arguments_.out));
    ASSIGN_OR_RETURN(const int fd, files_.CreateForWriting(Temporary()));
    RETURN_IF_ERROR(files_.Close(fd));
    Status status = session.QueryToParquet(sql, Temporary());
    if (status.ok()) status = Sync(Temporary());
    if (status.ok()) status = files_.Rename(Temporary(), arguments_.out);
    if (!status.ok()) files_.Unlink(Temporary()).IgnoreBecause("the first failure is the one to tell");
    return status;
  }

  Status Sync(const fs::path& file) {
    ASSIGN_OR_RETURN(const int fd, files_.Open(file, os::Access::kReadWrite));
    const Status synced = files_.Sync(fd);
    RETURN_IF_ERROR(files_.Close(fd));
    return synced;
  }

  Status Text(lake::SqlSession& session, const std::string& sql, Sink& sink) {
    std::string text;
    switch (arguments_.format) {
      case QueryFormat::kJson: RETURN_IF_ERROR((As<exchange::QueryJson>(session, sql, text, sink))); break;
      case QueryFormat::kCsv: RETURN_IF_ERROR((As<exchange::QueryCsv>(session, sql, text, sink))); break;
      default: RETURN_IF_ERROR(Table(session, sql, text)); break;
    }
    return sink.Take(text, true);
  }

  template <typename Writer>
  static Status As(lake::SqlSession& session, const std::string& sql, std::string& text, Sink& sink) {
    Writer writer(text);
    const auto columns = [&](const std::vector<lake::QueryColumn>& found) {
      writer.Columns(found);
      return Ok();
    };
    RETURN_IF_ERROR(session.Query(sql, columns, [&](const lake::QueryRow& row) {
      writer.Row(row);
      return sink.Take(text);
    }));
    if constexpr (requires { writer.Finish(); }) writer.Finish();
    return Ok();
  }

  // A table is as wide as its widest cell: all of it is held, so its rows are bounded.
  Status Table(lake::SqlSession& session, const std::string& sql, std::string& text) {
    std::optional<report::Table> table;
    std::vector<bool> is_number;
    std::size_t rows = 0;
    const auto columns = [&](const std::vector<lake::QueryColumn>& found) {
      std::vector<std::string> header;
      for (const lake::QueryColumn& column : found) {
        header.push_back(column.name);
        is_number.push_back(column.kind == lake::ValueKind::kNumber);
      }
      table.emplace("", std::move(header));
      return Ok();
    };
    const Status status = session.Query(sql, columns, [&](const lake::QueryRow& row) {
      if (rows++ == kMostTableRows) return Status(Code::kResourceExhausted, "more rows");
      for (std::size_t i = 0; i < row.size(); ++i)
        is_number[i] ? table->Number(row[i]) : table->Text(row[i].value_or("-"));
      return Ok();
    });
    if (rows <= kMostTableRows) RETURN_IF_ERROR(status);
    if (rows > kMostTableRows) {
      Say(err_, fmt::format("the table shows the first {} rows; --format csv or json gives all", kMostTableRows));
    }
    const bool is_markdown = arguments_.format == QueryFormat::kMarkdown;
    text = table->Render(is_markdown ? report::TableFormat::kMarkdown : report::TableFormat::kText);
    return Ok();
  }

  const QueryArguments& arguments_;
  os::FileCalls& files_;
  std::FILE* out_;
  std::FILE* err_;
  base::SystemClock clock_;
  bool is_damaged_ = false;
};

}  // namespace

int RunQuery(const QueryArguments& arguments, os::FileCalls& files, std::FILE* in, std::FILE* out, std::FILE* err) {
  if (arguments.format == QueryFormat::kParquet && arguments.out.empty()) {
    Say(err, "--format parquet needs --out FILE");
    return kWrongUsage;
  }
  const auto sql = ReadSql(arguments.sql, in);
  if (!sql.ok()) return Say(err, sql.status().message());
  Run run(arguments, files, out, err);
  const Status status = run.Do(sql.value());
  if (!status.ok()) return SayLines(err, status.message());
  return run.is_damaged() ? kFailed : kDone;
}

}  // namespace inferometer::cli
