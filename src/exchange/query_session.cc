#include "exchange/query_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "analyze/files_ahead.h"
#include "analyze/fingerprint_set.h"
#include "analyze/journal_records.h"
#include "analyze/loading_file.h"
#include "analyze/metrics_file.h"
#include "analyze/row_builder.h"
#include "archive/lake_content.h"
#include "base/record_key.h"
#include "lake/lake_reader.h"
#include "lake/partition.h"
#include "os/file_buffer.h"
#include "os/files.h"
#include "record/context_fields.h"

namespace inferometer::exchange {
namespace {

namespace fs = std::filesystem;

// Puts into the session what stands in files.
class Filler {
 public:
  Filler(const QuerySource& source, lake::SqlSession& session, archive::LakeContent content)
      : source_(source),
        session_(session),
        content_(std::move(content)),
        reads_others_(session.Reads("other_fields")),
        reads_context_(ReadsContext(session)) {}

  Status Fill(std::vector<analyze::Damage>& damaged) {
    ASSIGN_OR_RETURN(const analyze::MetricsDirectory directory, analyze::ListMetrics(source_.metrics_dir));
    damaged.insert(damaged.end(), directory.unreadable.begin(), directory.unreadable.end());
    analyze::FilesAhead files(directory.metrics);
    for (std::size_t i = 0; i < directory.metrics.size(); ++i) {
      RETURN_IF_ERROR(File(files.Next(), damaged));
      if (source_.progress) source_.progress(i + 1, directory.metrics.size());
    }
    RETURN_IF_ERROR(Journals(directory, damaged));
    for (const analyze::FoundFile& file : directory.loadings) RETURN_IF_ERROR(Load(file, damaged));
    for (const analyze::ReportedLoss& loss : source_.losses) RETURN_IF_ERROR(Loss(loss));
    return Ok();
  }

 private:
  // A failure of the session only.
  Status File(const analyze::LoadedFile& file, std::vector<analyze::Damage>& damaged) {
    // Archived meanwhile: the lake has its records, or OpenQuerySession sees that the lake has changed.
    if (file.status.code() == Code::kNotFound) return Ok();
    if (!file.status.ok()) {
      damaged.push_back({file.path.string(), file.status.offset_bytes(), file.status.message()});
      return Ok();
    }
    RETURN_IF_ERROR(file.records.ForEach(
        [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) { return Record(origin, record); }));
    NoteRefused(file.path, damaged);
    return Ok();
  }

  // What a crash left in journals.
  Status Journals(const analyze::MetricsDirectory& directory, std::vector<analyze::Damage>& damaged) {
    const auto take = [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      return Record(origin, record);
    };
    RETURN_IF_ERROR(
        analyze::ForEachUnsavedIn(os::SystemFileCalls(), source_.metrics_dir, directory.journals, take, damaged));
    NoteRefused(source_.metrics_dir, damaged);
    return Ok();
  }

  void NoteRefused(const fs::path& source, std::vector<analyze::Damage>& damaged) {
    if (refused_ == 0) return;
    damaged.push_back({source.string(), std::nullopt,
                       fmt::format("{} of its records do not fit into the columns (the first: {}) and are", refused_,
                                   first_refusal_)});
    refused_ = 0;
  }

  // What a value brings about, and not the database.
  static bool IsOfTheRecord(Code code) {
    return code == Code::kInvalidArgument || code == Code::kResourceExhausted || code == Code::kDataLoss;
  }

  static bool ReadsContext(const lake::SqlSession& session) {
    const auto entries = record::ContextFields();
    return session.Reads("other_context") ||
           std::any_of(entries.begin(), entries.end(), [&](const auto& entry) { return session.Reads(entry.name); });
  }

  // What of the record the query reads.
  Result<lake::LakeRecord> RowOf(const analyze::RecordOrigin& origin, const InferenceRecord& record) const {
    lake::LakeRecord row;
    row.device_name = origin.file.folder_name.value_or(record.device_id.value_or(""));
    row.record = record;
    if (reads_context_) row.context = origin.context;
    if (reads_others_) {
      ASSIGN_OR_RETURN(row.other_fields, analyze::OtherFieldsOf(origin));
    }
    return row;
  }

  // Whether the lake or an earlier file has it. No lake has one of a device whose id no folder can be called.
  Result<bool> IsKnown(const InferenceRecord& record) {
    const auto in_lake = content_.Contains(record);
    if (in_lake.status().code() == Code::kInvalidArgument) {
      return !of_no_lake_.Insert(analyze::FingerprintOfRecord(record));
    }
    if (in_lake.ok() && !*in_lake) content_.Add(record);
    return in_lake;
  }

  Status Record(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    ASSIGN_OR_RETURN(const bool is_known, IsKnown(record));
    if (is_known) return Ok();
    const auto row = RowOf(origin, record);
    const Status added = row.ok() ? session_.Add(*row) : row.status();
    if (!IsOfTheRecord(added.code())) return added;
    if (refused_++ == 0) first_refusal_ = added.message();
    return Ok();
  }

  Status Load(const analyze::FoundFile& file, std::vector<analyze::Damage>& damaged) {
    const auto text = buffer_.Read(file.path, analyze::kLargestFileBytes);
    const auto loading = text.ok() ? analyze::ParseModelLoading(text.value()) : text.status();
    if (!loading.ok()) {
      damaged.push_back({file.path.string(), loading.status().offset_bytes(), loading.status().message()});
      return Ok();
    }
    return session_.Add(lake::LoadRow{loading->timestamp, loading->device_id,
                                      file.folder_name.value_or(loading->device_id), loading->model_name,
                                      loading->load_time_seconds});
  }

  Status Loss(const analyze::ReportedLoss& loss) {
    return session_.Add(lake::LossRow{loss.stream.device, base::StreamText(loss.stream.stream), loss.records.from,
                                      loss.records.to, loss.count, loss.reason});
  }

  const QuerySource& source_;
  lake::SqlSession& session_;
  archive::LakeContent content_;
  const bool reads_others_;
  const bool reads_context_;
  analyze::FingerprintSet of_no_lake_;
  std::size_t refused_ = 0;  // of the file's records
  std::string first_refusal_;
  os::FileBuffer buffer_{analyze::kFilePaddingBytes};
};

}  // namespace

namespace {

constexpr int kMostTries = 5;

Result<std::vector<fs::path>> LakePaths(const fs::path& lake) {
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> files, lake::ListPartitions(lake));
  std::vector<fs::path> paths;
  paths.reserve(files.size());
  for (const lake::PartitionFile& file : files) paths.push_back(file.path);
  return paths;
}

Status Changing(const fs::path& lake) {
  return {Code::kUnavailable,
          lake.string() + ": the lake is being written (`inferometer archive` or `clean`); ask again"};
}

Result<QuerySession> OpenOnce(const QuerySource& source, const fs::path& lake, const std::vector<fs::path>& paths,
                              const lake::PinnedFiles& pinned) {
  lake::SqlSessionOptions options;
  options.spill_into = source.spill_into;
  options.sql = source.sql;
  ASSIGN_OR_RETURN(lake::LakeReader reader, lake::LakeReader::Open());
  std::vector<analyze::Damage> damaged;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    const Status described = reader.Check(paths[i]);
    if (described.ok()) {
      options.lake_files.push_back(pinned.names()[i]);
    } else {
      damaged.push_back({paths[i].string(), std::nullopt, described.message()});
    }
  }
  ASSIGN_OR_RETURN(lake::SqlSession session, lake::SqlSession::Open(options));
  QuerySession opened{std::move(session), std::move(damaged), lake, std::nullopt};
  Filler filler(source, opened.session, archive::LakeContent(lake, std::move(reader)));
  RETURN_IF_ERROR(filler.Fill(opened.damaged));
  RETURN_IF_ERROR(opened.session.Seal(source.output));
  return opened;
}

}  // namespace

// A record may be on its way from a file into the lake meanwhile. Where the lake is the same before and after, it and
// what was read of the files are of one moment.
Result<QuerySession> OpenQuerySession(const QuerySource& source) {
  const fs::path lake = source.lake.empty() ? source.metrics_dir / lake::kLakeFolder : source.lake;
  for (int i = 0; i < kMostTries; ++i) {
    ASSIGN_OR_RETURN(const std::vector<fs::path> before, LakePaths(lake));
    auto pinned = lake::PinnedFiles::Open(before);
    if (pinned.status().code() == Code::kNotFound) continue;
    RETURN_IF_ERROR(pinned.status());
    auto opened = OpenOnce(source, lake, before, *pinned);
    ASSIGN_OR_RETURN(const std::vector<fs::path> after, LakePaths(lake));
    if (!pinned->AreInPlace(after)) continue;
    if (opened.ok()) opened->pinned.emplace(std::move(*pinned));
    return opened;
  }
  return Changing(lake);
}

Status QuerySession::CheckUnchanged() const {
  if (!pinned || pinned->are_all_pinned()) return Ok();
  ASSIGN_OR_RETURN(const std::vector<fs::path> now, LakePaths(lake));
  return pinned->AreInPlace(now) ? Ok() : Changing(lake);
}

}  // namespace inferometer::exchange
