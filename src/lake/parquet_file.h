#pragma once
// Records into one Parquet file with the lake's columns (docs/lake.md), in the order in which they come.

#include <cstddef>
#include <filesystem>
#include <memory>
#include <stop_token>

#include "inferometer/status.h"
#include "lake/lake_record.h"
#include "os/files.h"

namespace inferometer::lake {

// One thread at a time. Memory: DuckDB's 256 MB at most. Beside it, 30 to 90 bytes a record in a folder for temporary
// files until Commit; `records_per_part` of them stand uncompressed in memory, at some kilobyte each.
class ParquetFileWriter {
 public:
  // Creates the temporary file beside `file`, so that a place that cannot be written is known before the work. Without
  // a Commit it is removed, and `file` stays as it was. `parts` is a folder that is there, empty, and stays that long.
  // kUnavailable where there is no DuckDB.
  [[nodiscard]] static Result<ParquetFileWriter> Open(const std::filesystem::path& file,
                                                      const std::filesystem::path& parts, os::FileCalls& files,
                                                      std::size_t records_per_part = 50'000);
  ~ParquetFileWriter();
  ParquetFileWriter(ParquetFileWriter&&) noexcept;
  ParquetFileWriter& operator=(ParquetFileWriter&&) = delete;

  // kInvalidArgument, naming the field, without a trace where a value does not fit into its column.
  [[nodiscard]] Status Add(const LakeRecord& record);
  // Puts the file into place, read back and held against what was added. When it succeeds the file stands, and survives
  // a power cut. Ends with kCancelled soon after a wish to stop. Call once.
  [[nodiscard]] Status Commit(const std::stop_token& stop = {});

 private:
  struct State;
  explicit ParquetFileWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::lake
