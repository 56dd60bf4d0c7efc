#include "analyze/each_record.h"

#include <algorithm>
#include <utility>

#include "analyze/files_ahead.h"
#include "analyze/fingerprint.h"
#include "analyze/fingerprint_set.h"
#include "analyze/journal_records.h"
#include "analyze/row_builder.h"
#include "lake/lake_reader.h"
#include "lake/partition.h"
#include "os/files.h"

namespace inferometer::analyze {
namespace {

// Which records came, and what could not be read.
class RecordStream {
 public:
  RecordStream(const EachRecord& each, Repeats repeats) : each_(each), repeats_(repeats) {}

  // A failure of `each` only; damage is noted in `read`.
  Status File(const LoadedFile& file, RecordsRead& read) {
    if (!file.status.ok()) {
      read.damaged.push_back({file.path.string(), file.status.offset_bytes(), file.status.message()});
      return Ok();
    }
    ++read.files_read;
    return file.records.ForEach([&](const RecordOrigin& origin, const InferenceRecord& record) {
      const bool is_wanted = repeats_ == Repeats::kEachTime || seen_.Insert(FingerprintOfRecord(record));
      return is_wanted ? each_(origin, record) : Ok();
    });
  }
  // What a crash left in journals.
  Status Journals(const std::filesystem::path& root, const std::vector<std::filesystem::path>& journals,
                  RecordsRead& read) {
    if (repeats_ == Repeats::kEachTime) return Ok();
    const auto take = [&](const RecordOrigin& origin, const InferenceRecord& record) {
      return seen_.Insert(FingerprintOfRecord(record)) ? each_(origin, record) : Ok();
    };
    return ForEachUnsavedIn(os::SystemFileCalls(), root, journals, take, read.damaged);
  }
  // The lake holds each record once: only those of metrics files are remembered.
  Status Lake(const std::vector<lake::PartitionFile>& files, RecordsRead& read) {
    if (files.empty()) return Ok();
    ASSIGN_OR_RETURN(lake::LakeReader reader, lake::LakeReader::Open());
    for (const lake::PartitionFile& file : files) RETURN_IF_ERROR(LakeFile(reader, file.path, read));
    return Ok();
  }

 private:
  Status LakeFile(lake::LakeReader& reader, const std::filesystem::path& path, RecordsRead& read) {
    Status failure;  // of `each`
    FoundFile file{path, std::nullopt};
    const Status status = reader.ForEach(path, [&](const lake::LakeRecord& row) {
      if (repeats_ == Repeats::kOnce && seen_.Contains(FingerprintOfRecord(row.record))) return Ok();
      file.folder_name = row.device_name;
      failure = each_({file, row.context, {}, row.other_fields}, row.record);
      return failure;
    });
    RETURN_IF_ERROR(failure);
    if (status.ok()) {
      ++read.files_read;
    } else {
      read.damaged.push_back({path.string(), std::nullopt, status.message()});
    }
    return Ok();
  }

  const EachRecord& each_;
  const Repeats repeats_;
  FingerprintSet seen_;
};

}  // namespace

Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                  const std::function<void(std::size_t, std::size_t)>& progress, Repeats repeats,
                                  const std::filesystem::path& lake) {
  ASSIGN_OR_RETURN(MetricsDirectory directory, ListMetrics(root));
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> lake_files,
                   lake::ListPartitions(lake.empty() ? root / lake::kLakeFolder : lake));
  RecordsRead read;
  read.damaged = std::move(directory.unreadable);
  RecordStream stream(each, repeats);
  FilesAhead files(directory.metrics);
  for (std::size_t i = 0; i < directory.metrics.size(); ++i) {
    RETURN_IF_ERROR(stream.File(files.Next(), read));
    if (progress) progress(i + 1, directory.metrics.size());
  }
  RETURN_IF_ERROR(stream.Journals(root, directory.journals, read));
  RETURN_IF_ERROR(stream.Lake(lake_files, read));
  std::stable_sort(read.damaged.begin(), read.damaged.end(),
                   [](const Damage& a, const Damage& b) { return a.file < b.file; });
  return read;
}

}  // namespace inferometer::analyze
