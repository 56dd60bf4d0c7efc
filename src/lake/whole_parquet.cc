#include "lake/whole_parquet.h"

#include <fmt/format.h>

#include "lake/file_checksum.h"

namespace inferometer::lake {

namespace fs = std::filesystem;

namespace {

// A count and a sum over all rows that changes with any value of any of them, whatever their order.
std::string ContentOf(const std::string& rows) {
  return fmt::format("(SELECT count(*) || ' ' || coalesce(sum(hash(r)), 0) FROM ({}) AS r)", rows);
}

Status Verify(const std::string& rows, const fs::path& file, Database& database) {
  ASSIGN_OR_RETURN(const std::int64_t is_same,
                   database.Number(fmt::format("SELECT {} = {}", ContentOf(rows), ContentOf(FileRows(file)))));
  if (is_same == 1) return Ok();
  return {Code::kDataLoss, fmt::format("{}: what was written reads back differently; the disk or the memory is faulty. "
                                       "What it was to replace is as it was",
                                       file.string())};
}

Result<std::uint64_t> Publish(const fs::path& fresh, const fs::path& file, os::FileCalls& files) {
  ASSIGN_OR_RETURN(const int fd, files.Open(fresh, os::Access::kReadWrite));
  const auto bytes = files.Size(fd);
  Status synced = PutChecksum(files, fd);
  if (synced.ok()) synced = files.Sync(fd);
  RETURN_IF_ERROR(files.Close(fd));
  RETURN_IF_ERROR(synced);
  RETURN_IF_ERROR(files.Rename(fresh, file));
  RETURN_IF_ERROR(files.SyncFolder(file.has_parent_path() ? file.parent_path() : "."));
  return bytes;
}

}  // namespace

std::string FileRows(const fs::path& file) {
  return fmt::format("SELECT * FROM read_parquet({}, hive_partitioning = false)", SqlText(file.string()));
}

Result<std::uint64_t> WriteWhole(const WholeParquet& wanted, Database& database, os::FileCalls& files) {
  RETURN_IF_ERROR(
      database.Run(fmt::format("COPY ({} {}) TO {} ({}, KV_METADATA {{{}: {}}})", wanted.rows, wanted.order,
                               SqlText(wanted.fresh.string()), kParquetOptions, kChecksumKey, SqlText(kNoChecksum))));
  RETURN_IF_ERROR(Verify(wanted.rows, wanted.fresh, database));
  return Publish(wanted.fresh, wanted.file, files);
}

}  // namespace inferometer::lake
