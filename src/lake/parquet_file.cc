#include "lake/parquet_file.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <optional>
#include <utility>

#include "lake/columns.h"
#include "lake/database.h"
#include "lake/row_appender.h"
#include "lake/whole_parquet.h"

namespace inferometer::lake {

namespace fs = std::filesystem;

namespace {

constexpr const char* kPartOptions = "FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, WRITE_BLOOM_FILTER false";

}  // namespace

// Records go into parts, files of as many as memory holds, and from there into the one file.
struct ParquetFileWriter::State {
  State(fs::path path, fs::path parts_folder, os::FileCalls& file_calls, Database opened, std::size_t part_size)
      : file(std::move(path)),
        parts(std::move(parts_folder)),
        files(file_calls),
        records_per_part(part_size),
        database(std::move(opened)) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    if (!is_done) files.Unlink(fresh).IgnoreBecause("what failed before is the one to tell");
  }

  Status CreateFresh() {
    ASSIGN_OR_RETURN(const int fd, files.CreateForWriting(fresh));
    return files.Close(fd);
  }

  Status BeginPart() {
    appender.reset();
    RETURN_IF_ERROR(database.Run("CREATE OR REPLACE TABLE added (" + ColumnDefinitions() + ", part INTEGER)"));
    ASSIGN_OR_RETURN(RowAppender opened, RowAppender::Open(database, "added"));
    appender.emplace(std::move(opened));
    in_part = 0;
    return Ok();
  }

  Status EndPart() {
    RETURN_IF_ERROR(appender->Flush());
    const std::string name = (parts / fmt::format("{:08}.parquet", part_count++)).string();
    return database.Run(
        fmt::format("COPY (SELECT * EXCLUDE (part) FROM added) TO {} ({})", SqlText(name), kPartOptions));
  }

  [[nodiscard]] std::string AllRows() const {
    std::string names;
    for (std::size_t i = 0; i < part_count; ++i) {
      names += (i == 0 ? "" : ", ") + SqlText((parts / fmt::format("{:08}.parquet", i)).string());
    }
    return fmt::format("SELECT * FROM read_parquet([{}], hive_partitioning = false)", names);
  }

  const fs::path file;
  const fs::path fresh = file.string() + std::string(os::kTemporarySuffix);
  const fs::path parts;
  os::FileCalls& files;
  const std::size_t records_per_part;
  Database database;
  std::optional<RowAppender> appender;  // of `database`, before which it goes
  std::size_t in_part = 0;
  std::size_t part_count = 0;
  bool is_done = false;
};

ParquetFileWriter::ParquetFileWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
ParquetFileWriter::~ParquetFileWriter() = default;
ParquetFileWriter::ParquetFileWriter(ParquetFileWriter&&) noexcept = default;

Result<ParquetFileWriter> ParquetFileWriter::Open(const fs::path& file, const fs::path& parts, os::FileCalls& files,
                                                  std::size_t records_per_part) {
  DatabaseOptions options;
  options.threads = 1;  // each holds a row group of all columns
  options.spill_into = parts / "spill";
  ASSIGN_OR_RETURN(Database database, Database::Open(options));
  auto state = std::make_unique<State>(file, parts, files, std::move(database), records_per_part);
  RETURN_IF_ERROR(state->CreateFresh());
  RETURN_IF_ERROR(state->BeginPart());
  return ParquetFileWriter(std::move(state));
}

Status ParquetFileWriter::Add(const LakeRecord& record) {
  if (!simdjson::validate_utf8(record.device_name)) {
    return {Code::kInvalidArgument, "the name of its folder is not UTF-8"};
  }
  RETURN_IF_ERROR(state_->appender->Add(record));
  if (++state_->in_part < state_->records_per_part) return Ok();
  RETURN_IF_ERROR(state_->EndPart());
  return state_->BeginPart();
}

Status ParquetFileWriter::Commit(const std::stop_token& stop) {
  const std::stop_callback interrupt(stop, [this] { state_->database.Interrupt(); });
  RETURN_IF_ERROR(state_->EndPart());
  state_->appender.reset();
  RETURN_IF_ERROR(state_->database.Run("DROP TABLE added"));
  const WholeParquet whole{state_->AllRows(), "", state_->fresh, state_->file};
  if (stop.stop_requested()) return {Code::kCancelled, "stopped"};
  RETURN_IF_ERROR(WriteWhole(whole, state_->database, state_->files).status());
  state_->is_done = true;
  return Ok();
}

}  // namespace inferometer::lake
