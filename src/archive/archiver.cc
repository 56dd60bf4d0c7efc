#include "archive/archiver.h"

#include <fmt/format.h>

#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "analyze/directory.h"
#include "analyze/each_record.h"
#include "analyze/file_records.h"
#include "analyze/journal_records.h"
#include "analyze/metrics_file.h"
#include "analyze/summary_check.h"
#include "archive/archived_sources.h"
#include "archive/lake_content.h"
#include "lake/lake_writer.h"
#include "os/file_buffer.h"
#include "os/file_identity.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;
using analyze::FoundFile;

// Records between two writings of partitions: enough that a day's file is rarely written twice in a run.
constexpr std::size_t kRecordsACommit = 200'000;

// Whether the file's summary says what its records say: what the lake does not keep must not be the only witness.
class SummaryWitness {
 public:
  [[nodiscard]] bool Agrees(const FoundFile& file) {
    const auto text = buffer_.Read(file.path, analyze::kLargestFileBytes);
    if (!text.ok() || !reader_.Read(text.value(), file.folder_name, records_).ok()) return false;
    records_.MakeColumns();
    return analyze::CheckSummary(file.path.string(), records_).empty();
  }

 private:
  os::FileBuffer buffer_{analyze::kFilePaddingBytes};
  analyze::MetricsFileReader reader_;
  analyze::FileRecords records_;
};

class Run {
 public:
  Run(const ArchiveOptions& options, fs::path lake, os::FileCalls& files, const base::Clock& clock, LakeContent content)
      : options_(options), lake_(std::move(lake)), files_(files), clock_(clock), content_(std::move(content)) {}

  Result<ArchiveReport> Do() {
    ASSIGN_OR_RETURN(const analyze::MetricsDirectory directory, analyze::ListMetrics(options_.metrics_dir));
    for (const auto& damage : directory.unreadable) Leave(damage.file, damage.error);
    if (!options_.dry_run) {
      ASSIGN_OR_RETURN(lake::LakeWriter opened, lake::LakeWriter::Open(lake_, files_, options_.memory_mb));
      writer_.emplace(std::move(opened));
    }
    sources_ = ArchivedSources::Read(lake_);
    RETURN_IF_ERROR(TakeFiles(directory.metrics));
    RETURN_IF_ERROR(TakeJournals(directory.journals));
    RETURN_IF_ERROR(Commit());
    RETURN_IF_ERROR(DropFiles(directory.metrics));
    return std::move(report_);
  }

 private:
  Status TakeFiles(const std::vector<FoundFile>& all) {
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto identity = os::IdentityOf(all[i].path);
      if (identity && sources_.Find(NameOf(all[i]), *identity) == nullptr) {
        RETURN_IF_ERROR(TakeFile(all[i], *identity));
      }
      if (added_ >= kRecordsACommit) RETURN_IF_ERROR(Commit());
      if (options_.progress) options_.progress(i + 1, all.size());
    }
    return Ok();
  }

  // A failure of the lake only; a file that cannot go there stays.
  Status TakeFile(const FoundFile& file, const os::FileIdentity& identity) {
    const Status whole = CheckFile(file);
    if (!whole.ok()) {
      Leave(file.path.string(), whole.message());
      return Ok();
    }
    RETURN_IF_ERROR(record_file_.ForEach([&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      return TakeRecord(origin, record);
    }));
    ++report_.files;
    taken_.push_back({NameOf(file), {identity, {}}});
    return Ok();
  }

  // Loads the file, and looks whether the lake can hold all of it.
  Status CheckFile(const FoundFile& file) {
    RETURN_IF_ERROR(record_file_.Load(file));
    if (!record_file_.passed_over().empty()) {
      return {Code::kInvalidArgument,
              fmt::format("it has keys that a lake does not keep: {}", record_file_.passed_over())};
    }
    RETURN_IF_ERROR(record_file_.ForEach([&](const analyze::RecordOrigin& origin, const InferenceRecord& record) {
      return CheckRecord(origin, record);
    }));
    if (witness_.Agrees(file)) return Ok();
    return {Code::kDataLoss,
            "its summary says something else than its records (`inferometer analyze` names the fields)"};
  }

  // A partition that is damaged takes nothing.
  Status CheckRecord(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    ASSIGN_OR_RETURN(const lake::LakeRecord row, RowOf(origin, record));
    RETURN_IF_ERROR(lake::LakeWriter::Check(row));
    return content_.Contains(record).status();
  }

  Status TakeRecord(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    ASSIGN_OR_RETURN(const bool is_known, content_.Contains(record));
    if (is_known) {
      ++report_.records_known;
      return Ok();
    }
    ++report_.records;
    return Put(origin, record);
  }

  Status Put(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    content_.Add(record);
    ++added_;
    if (!writer_) return Ok();
    ASSIGN_OR_RETURN(const lake::LakeRecord row, RowOf(origin, record));
    return writer_->Add(row);
  }

  Status TakeJournals(const std::vector<fs::path>& journals) {
    std::vector<os::FileLock> locks;  // until all is written: nobody makes files of them meanwhile
    for (const fs::path& journal : journals) {
      const fs::path folder = journal.parent_path();
      std::error_code none;
      if (!options_.dry_run && fs::exists(folder / ".lock", none)) {
        auto lock = os::FileLock::Acquire(folder / ".lock");
        if (!lock.ok()) continue;  // its program saves them
        locks.push_back(std::move(*lock));
      } else if (os::FileLock::IsHeld(folder / ".lock")) {
        continue;
      }
      RETURN_IF_ERROR(TakeJournal(journal));
    }
    return Commit();
  }

  // A failure of the lake only.
  Status TakeJournal(const fs::path& journal) {
    const fs::path folder = journal.parent_path();
    const bool is_root = folder == options_.metrics_dir;
    const auto name = is_root ? std::nullopt : std::optional(folder.filename().string());
    const std::size_t before = report_.journal_records;
    Status of_lake;
    const Status status = analyze::ForEachUnsaved(
        files_, journal, name, [&](const analyze::RecordOrigin& origin, const InferenceRecord& record) -> Status {
          RETURN_IF_ERROR(CheckRecord(origin, record));
          of_lake = TakeJournalRecord(origin, record);
          return of_lake;
        });
    RETURN_IF_ERROR(of_lake);
    if (report_.journal_records > before) ++report_.journals;
    if (!status.ok()) Leave(journal.string(), status.message());
    return Ok();
  }

  Status TakeJournalRecord(const analyze::RecordOrigin& origin, const InferenceRecord& record) {
    ASSIGN_OR_RETURN(const bool is_known, content_.Contains(record));
    if (is_known) return Ok();
    RETURN_IF_ERROR(Put(origin, record));
    ++report_.journal_records;
    return Ok();
  }

  // What was taken is in the lake afterwards, and noted.
  Status Commit() {
    if (!writer_) return Ok();
    if (added_ > 0) {
      ASSIGN_OR_RETURN(const lake::WriteReport written, writer_->Commit());
      report_.partitions += written.partitions;
      report_.lake_bytes += written.bytes;
      added_ = 0;
    }
    if (taken_.empty()) return Ok();
    const WallTime now = clock_.Wall();
    for (auto& [name, source] : taken_) sources_.Put(name, {source.identity, now});
    taken_.clear();
    return sources_.Write(files_, lake_);
  }

  Status DropFiles(const std::vector<FoundFile>& all) {
    std::set<fs::path> folders;
    for (const FoundFile& file : all) {
      const auto identity = os::IdentityOf(file.path);
      const ArchivedSource* source = identity ? sources_.Find(NameOf(file), *identity) : nullptr;
      if (source == nullptr) continue;
      if (source->archived_at + options_.grace > clock_.Wall()) {
        ++report_.waiting_files;
        continue;
      }
      RETURN_IF_ERROR(DropFile(file, *identity, folders));
    }
    for (const fs::path& folder : folders) RETURN_IF_ERROR(files_.SyncFolder(folder));
    return forgot_ && !options_.dry_run ? sources_.Write(files_, lake_) : Ok();
  }

  // The note alone is no reason to drop what a file holds: it is looked for in the lake, record by record.
  Status DropFile(const FoundFile& file, const os::FileIdentity& identity, std::set<fs::path>& folders) {
    const Status in_lake = CheckInLake(file);
    if (!in_lake.ok()) {
      Forget(file);
      Leave(file.path.string(), in_lake.message());
      return Ok();
    }
    // A folder that may not be written keeps its files, and no other's.
    const Status gone = options_.dry_run ? Ok() : files_.Unlink(file.path);
    if (!gone.ok()) {
      Leave(file.path.string(), gone.message());
      return Ok();
    }
    ++report_.dropped_files;
    report_.dropped_bytes += identity.bytes;
    if (options_.dry_run) return Ok();
    Forget(file);
    folders.insert(file.path.parent_path());
    return Ok();
  }

  Status CheckInLake(const FoundFile& file) {
    RETURN_IF_ERROR(record_file_.Load(file));
    return record_file_.ForEach([&](const analyze::RecordOrigin&, const InferenceRecord& record) -> Status {
      ASSIGN_OR_RETURN(const bool is_there, content_.Contains(record));
      return is_there ? Ok() : Status(Code::kDataLoss, "the lake no longer has its records; the next run brings them");
    });
  }

  void Forget(const FoundFile& file) {
    sources_.Remove(NameOf(file));
    forgot_ = true;
  }
  void Leave(const std::string& file, const std::string& reason) { report_.left.push_back({file, reason}); }
  [[nodiscard]] std::string NameOf(const FoundFile& file) const {
    return file.path.lexically_relative(options_.metrics_dir).string();
  }

  const ArchiveOptions& options_;
  fs::path lake_;
  os::FileCalls& files_;
  const base::Clock& clock_;
  LakeContent content_;
  std::optional<lake::LakeWriter> writer_;  // nothing in a dry run
  ArchivedSources sources_;
  bool forgot_ = false;  // something that the note on disk still has
  analyze::RecordFile record_file_;
  SummaryWitness witness_;
  std::size_t added_ = 0;                                      // since the last Commit
  std::vector<std::pair<std::string, ArchivedSource>> taken_;  // since then; their time is that of the Commit
  ArchiveReport report_;
};

}  // namespace

Result<ArchiveReport> Archive(const ArchiveOptions& options, os::FileCalls& files, const base::Clock& clock) {
  const fs::path lake = options.lake.empty() ? options.metrics_dir / lake::kLakeFolder : options.lake;
  ASSIGN_OR_RETURN(lake::LakeReader reader, lake::LakeReader::Open());
  return Run(options, lake, files, clock, LakeContent(lake, std::move(reader))).Do();
}

}  // namespace inferometer::archive
