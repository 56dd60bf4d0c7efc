#pragma once
// Where a lake's files stand: LAKE/device=<id>/date=<YYYY-MM-DD>/records.parquet, the id percent-encoded, as DuckDB,
// Spark and Hive spell partitions.

#include <chrono>
#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::lake {

// What a lake's folder is called in a metrics directory, unless the user says otherwise.
inline constexpr const char* kLakeFolder = "lake";
inline constexpr const char* kPartitionFile = "records.parquet";

// The records of one device that began on one day (UTC).
struct PartitionKey {
  std::string device_id;
  std::chrono::sys_days date;

  auto operator<=>(const PartitionKey&) const = default;
};

// REQUIRES: `record` has a timestamp and a device id.
[[nodiscard]] PartitionKey PartitionOf(const InferenceRecord& record);

// The folder below the lake's. kInvalidArgument for an id that is too long for a folder's name.
[[nodiscard]] Result<std::filesystem::path> FolderOf(const PartitionKey& key);

struct PartitionFile {
  PartitionKey key;
  std::filesystem::path path;
};

// Every Parquet file in a partition's folder, also what other programs put there, sorted by path. Passed over: names
// that begin with "." or "_", as Spark and Hive do, and folders that are no partition's. A lake that is not there is
// empty; links to folders are followed, as by who writes.
[[nodiscard]] Result<std::vector<PartitionFile>> ListPartitions(const std::filesystem::path& lake);

// Those of one partition.
[[nodiscard]] Result<std::vector<PartitionFile>> FilesOf(const std::filesystem::path& lake, const PartitionKey& key);

// Letters, digits and "-_.~" as they are, every other byte as %XX.
[[nodiscard]] std::string PercentEncoded(std::string_view text);
// The reverse; nothing where "%" is not followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> PercentDecoded(std::string_view text);

// "YYYY-MM-DD"
[[nodiscard]] std::string FormatDate(std::chrono::sys_days date);
[[nodiscard]] std::optional<std::chrono::sys_days> ParseDate(std::string_view text);

}  // namespace inferometer::lake
