#pragma once
// A Parquet file that appears whole or not at all. Internal to src/lake.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "inferometer/status.h"
#include "lake/database.h"
#include "os/files.h"

namespace inferometer::lake {

// Version 2 of Parquet's encodings packs whole numbers by their differences, which decimals and times are. A file has
// few row groups: a partition is one device's day. Without USE_TMP_FILE DuckDB writes beside a file that is there
// already (a crash left it), under a name of its own that readers would take for a file of the lake.
inline constexpr std::string_view kParquetOptions =
    "FORMAT parquet, PARQUET_VERSION v2, COMPRESSION zstd, COMPRESSION_LEVEL 6, WRITE_BLOOM_FILTER false, "
    "USE_TMP_FILE false";

// All rows of a Parquet file, or of several: a SELECT.
[[nodiscard]] std::string FileRows(const std::filesystem::path& file);

// Writes the rows of `rows`, a SELECT, in the order of `order` ("" or "ORDER BY ...") into `fresh`; reads them back and
// holds them against what they should be; gives the file its checksum (lake/file_checksum.h); makes it durable; and
// puts `fresh` into the place of `file`, in the same folder. Gives its size in bytes. After a failure `file` is as it
// was, and `fresh` may be there. kDataLoss where something else is read back.
struct WholeParquet {
  std::string rows;
  std::string_view order;
  std::filesystem::path fresh;
  std::filesystem::path file;
};
[[nodiscard]] Result<std::uint64_t> WriteWhole(const WholeParquet& wanted, Database& database, os::FileCalls& files);

}  // namespace inferometer::lake
