#include "exchange/parquet_target.h"

#include <fmt/format.h>

#include <utility>

#include "archive/lake_content.h"
#include "lake/parquet_file.h"
#include "os/temporary_files.h"

namespace inferometer::exchange {
namespace {

class ParquetTarget final : public RecordTarget {
 public:
  ParquetTarget(os::TemporaryFiles parts, lake::ParquetFileWriter writer, std::stop_token stop)
      : parts_(std::move(parts)), writer_(std::move(writer)), stop_(std::move(stop)) {}

  Status Put(const analyze::RecordOrigin& origin, const InferenceRecord& record) override {
    ASSIGN_OR_RETURN(const lake::LakeRecord row, archive::RowOf(origin, record));
    const Status added = writer_.Add(row);
    if (added.code() != Code::kInvalidArgument) return added;
    return {added.code(), fmt::format("{}: a record cannot stand in Parquet: {}; export it as csv or jsonl",
                                      origin.file.path.string(), added.message())};
  }
  Status PutLoad(const analyze::RecordOrigin&) override { return Ok(); }
  Status Finish() override { return writer_.Commit(stop_); }

 private:
  os::TemporaryFiles parts_;
  lake::ParquetFileWriter writer_;
  const std::stop_token stop_;
};

}  // namespace

Result<std::unique_ptr<RecordTarget>> OpenParquetTarget(const std::filesystem::path& file, os::FileCalls& files,
                                                        const std::stop_token& stop) {
  ASSIGN_OR_RETURN(os::TemporaryFiles parts, os::TemporaryFiles::Make("inferometer-export"));
  ASSIGN_OR_RETURN(lake::ParquetFileWriter writer, lake::ParquetFileWriter::Open(file, parts.path(), files));
  return std::unique_ptr<RecordTarget>(std::make_unique<ParquetTarget>(std::move(parts), std::move(writer), stop));
}

}  // namespace inferometer::exchange
