#include "lake/lake_writer.h"

#include <fmt/format.h>
#include <simdjson.h>

#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lake/columns.h"
#include "lake/database.h"
#include "lake/file_checksum.h"
#include "lake/row_appender.h"
#include "lake/whole_parquet.h"
#include "store/context.h"

namespace inferometer::lake {

namespace fs = std::filesystem;

namespace {

constexpr const char* kLockFile = ".lock";
constexpr const char* kSpillFolder = ".spill";
constexpr const char* kNewFile = ".records.parquet.tmp";  // hidden: no reader takes it for a file of the lake

// The rows of one partition among those that were added, whose number stands beside each.
std::string AddedRows(std::int32_t partition) {
  return fmt::format("SELECT * EXCLUDE (partition) FROM added WHERE partition = {}", partition);
}

}  // namespace

struct LakeWriter::State {
  State(fs::path folder, os::FileCalls& file_calls, os::FileLock file_lock, Database opened)
      : lake(std::move(folder)), files(file_calls), lock(std::move(file_lock)), database(std::move(opened)) {}

  Status Begin() {
    RETURN_IF_ERROR(database.Run("CREATE OR REPLACE TABLE added (" + ColumnDefinitions() + ", partition INTEGER)"));
    ASSIGN_OR_RETURN(RowAppender opened, RowAppender::Open(database, "added"));
    appender.emplace(std::move(opened));
    partitions.clear();
    count = 0;
    return Ok();
  }
  Status Write(const PartitionKey& key, std::int32_t partition, WriteReport& report);
  // What the partition's file will hold: what it holds now, in today's columns, and what was added.
  Result<std::string> AllRows(std::int32_t partition, const fs::path& file);

  fs::path lake;
  os::FileCalls& files;
  os::FileLock lock;
  Database database;
  std::optional<RowAppender> appender;  // of `database`, before which it goes
  std::map<PartitionKey, std::int32_t> partitions;
  std::size_t count = 0;
};

LakeWriter::LakeWriter(std::unique_ptr<State> state) : state_(std::move(state)) {}
LakeWriter::~LakeWriter() = default;
LakeWriter::LakeWriter(LakeWriter&&) noexcept = default;

Result<LakeWriter> LakeWriter::Open(const fs::path& lake, os::FileCalls& files, std::size_t memory_mb) {
  RETURN_IF_ERROR(os::CreateFolders(lake));
  ASSIGN_OR_RETURN(os::FileLock lock, os::FileLock::Acquire(lake / kLockFile));
  DatabaseOptions options;
  options.memory_mb = memory_mb;
  options.spill_into = lake / kSpillFolder;
  ASSIGN_OR_RETURN(Database database, Database::Open(options));
  auto state = std::make_unique<State>(lake, files, std::move(lock), std::move(database));
  RETURN_IF_ERROR(state->Begin());
  return LakeWriter(std::move(state));
}

Status LakeWriter::Check(const LakeRecord& record) {
  if (!simdjson::validate_utf8(record.device_name)) {
    return {Code::kInvalidArgument, "the name of its folder is not UTF-8"};
  }
  RETURN_IF_ERROR(FolderOf(PartitionOf(record.record)).status());
  return RowAppender::Check(record);
}

Status LakeWriter::Add(const LakeRecord& record) {
  const PartitionKey key = PartitionOf(record.record);
  RETURN_IF_ERROR(FolderOf(key).status());
  const auto next = static_cast<std::int32_t>(state_->partitions.size());
  const std::int32_t partition = state_->partitions.try_emplace(key, next).first->second;
  RETURN_IF_ERROR(state_->appender->Add(record, partition));
  ++state_->count;
  return Ok();
}

std::size_t LakeWriter::added() const { return state_->count; }

Result<WriteReport> LakeWriter::Commit() {
  WriteReport report;
  RETURN_IF_ERROR(state_->appender->Flush());
  for (const auto& [key, number] : state_->partitions) RETURN_IF_ERROR(state_->Write(key, number, report));
  report.records = state_->count;
  state_->appender.reset();
  RETURN_IF_ERROR(state_->Begin());
  return report;
}

Status LakeWriter::State::Write(const PartitionKey& key, std::int32_t partition, WriteReport& report) {
  ASSIGN_OR_RETURN(const fs::path folder_name, FolderOf(key));
  const fs::path folder = lake / folder_name;
  const fs::path file = folder / kPartitionFile;
  RETURN_IF_ERROR(os::CreateFolders(folder));
  ASSIGN_OR_RETURN(std::string rows, AllRows(partition, file));
  const WholeParquet whole{std::move(rows), "ORDER BY timestamp, record_id", folder / kNewFile, file};
  ASSIGN_OR_RETURN(const std::uint64_t bytes, WriteWhole(whole, database, files));
  ++report.partitions;
  report.bytes += bytes;
  return Ok();
}

Result<std::string> LakeWriter::State::AllRows(std::int32_t partition, const fs::path& file) {
  if (!fs::exists(file)) return AddedRows(partition);
  RETURN_IF_ERROR(CheckChecksum(file).status());  // a new one would make the damage good
  // By name, so that a file of an earlier release, which lacks columns, is taken, too; a column that only the file has
  // would be lost, and is refused.
  const std::string unknown = fmt::format(
      "SELECT count(*) FROM (DESCRIBE {}) WHERE column_name NOT IN (SELECT column_name FROM (DESCRIBE added))",
      FileRows(file));
  ASSIGN_OR_RETURN(const std::int64_t columns, database.Number(unknown));
  if (columns > 0) {
    return Status(
        Code::kFailedPrecondition,
        fmt::format("{}: {} columns of it are not known to this release, and would be lost; a newer one wrote "
                    "it, or another program: archive with that release, or move the file elsewhere",
                    file.string(), columns));
  }
  return fmt::format("{} UNION ALL BY NAME {}", AddedRows(partition), FileRows(file));
}

}  // namespace inferometer::lake
