#pragma once
// Records into one Parquet file with the lake's columns.

#include <filesystem>
#include <memory>
#include <stop_token>

#include "exchange/record_target.h"
#include "os/files.h"

namespace inferometer::exchange {

// The file takes its place at Finish, whole; without that it is as it was. `stop` ends Finish, too. Put says which file
// holds a record that the columns cannot. kUnavailable where there is no DuckDB.
[[nodiscard]] Result<std::unique_ptr<RecordTarget>> OpenParquetTarget(const std::filesystem::path& file,
                                                                      os::FileCalls& files,
                                                                      const std::stop_token& stop);

}  // namespace inferometer::exchange
