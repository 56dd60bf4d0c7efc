#include "archive/backup.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <tuple>
#include <utility>

#include "analyze/reading_index.h"
#include "archive/tar_stream.h"
#include "lake/partition.h"
#include "os/whole_file_writer.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

// In the order in which they are read.
enum class Part { kJournals, kFiles, kLake, kNotes };

bool MeansNothingElsewhere(const std::string& name) {
  return name == ".lock" || name == ".clean.lock" || name == ".archived" || name == analyze::kIndexFile ||
         name == "ballast" || name == ".spill" || name.ends_with(os::kTemporarySuffix);
}

// Relative to the directory.
Part PartOf(const fs::path& path, bool is_of_lake) {
  if (path.filename() == ".cleaned") return Part::kNotes;
  if (is_of_lake) return Part::kLake;
  return std::find(path.begin(), path.end(), "journal") == path.end() ? Part::kFiles : Part::kJournals;
}

fs::path AbsoluteOf(const fs::path& path) {
  const fs::path plain = fs::absolute(path).lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

bool IsWithin(const fs::path& path, const fs::path& folder) {
  return std::mismatch(folder.begin(), folder.end(), path.begin(), path.end()).first == folder.end();
}

class Run {
 public:
  Run(const BackupOptions& options, TarWriter& tar, BackupReport& report)
      : options_(options), tar_(tar), report_(report), root_(AbsoluteOf(options.metrics_dir)) {
    own_lake_ = root_ / lake::kLakeFolder;
    lake_ = options.lake.empty() ? own_lake_ : AbsoluteOf(options.lake);
  }

  Status Do() {
    std::error_code error;
    if (!fs::is_directory(root_, error)) return {Code::kNotFound, root_.string() + ": no such folder"};
    for (const Part part : {Part::kJournals, Part::kFiles, Part::kLake, Part::kNotes}) {
      // Each is listed when those before are read: what came from them meanwhile is seen.
      RETURN_IF_ERROR(Take(part));
    }
    return Ok();
  }

 private:
  struct Found {
    fs::path path;
    fs::path name;  // in the tar
    bool is_folder = false;
  };

  Status Take(Part part) {
    std::vector<Found> found;
    List(root_, root_.filename(), part, found);
    if (lake_ != own_lake_) List(lake_, root_.filename() / lake::kLakeFolder, part, found);
    const auto rank = [](const Found& one) { return one.path.filename() == "ledger"; };  // behind its segments
    std::sort(found.begin(), found.end(), [&](const Found& a, const Found& b) {
      return std::tuple(a.name.parent_path(), rank(a), a.name) < std::tuple(b.name.parent_path(), rank(b), b.name);
    });
    for (std::size_t i = 0; i < found.size(); ++i) {
      if (options_.stop.stop_requested()) return {Code::kCancelled, "stopped; no backup was made"};
      RETURN_IF_ERROR(TakeOne(found[i]));
      if (options_.progress) options_.progress(report_.files, report_.files + found.size() - i - 1);
    }
    return Ok();
  }

  // What is in `folder`, at any depth, and of that part. Links are not followed.
  void List(const fs::path& folder, const fs::path& name, Part part, std::vector<Found>& found) {
    const bool is_of_lake = IsWithin(folder, lake_);
    if (folder == own_lake_ && lake_ != own_lake_) return;  // the other one stands in its place
    if (part == (is_of_lake ? Part::kLake : Part::kFiles)) found.push_back({folder, name, true});
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
      const std::string entry = entries->path().filename().string();
      if (MeansNothingElsewhere(entry)) continue;
      std::error_code vanished;
      const fs::file_status status = entries->symlink_status(vanished);
      if (fs::is_directory(status)) {
        List(entries->path(), name / entry, part, found);
      } else if (PartOf(entries->path().lexically_relative(root_), is_of_lake) != part) {
        continue;
      } else if (fs::is_regular_file(status)) {
        found.push_back({entries->path(), name / entry});
      } else if (!vanished) {
        Leave(entries->path(), "it is no plain file");
      }
    }
    if (error && part == Part::kFiles) Leave(folder, "list folder: " + error.message());
  }

  // A failure of the tar only.
  Status TakeOne(const Found& one) {
    if (one.is_folder) return tar_.AddFolder(one.path, one.name.string());
    const auto added = tar_.AddFile(one.path, one.name.string());
    if (!added.ok()) return added.status();
    if (!added->why.empty()) Leave(one.path, added->why);
    if (!added->is_there) return Ok();
    ++report_.files;
    report_.bytes += added->bytes;
    return Ok();
  }

  void Leave(const fs::path& file, const std::string& why) { report_.left.push_back({file.string(), why}); }

  const BackupOptions& options_;
  TarWriter& tar_;
  BackupReport& report_;
  const fs::path root_;
  fs::path own_lake_;
  fs::path lake_;
};

Status WriteTar(const BackupOptions& options, const std::function<Status(std::string_view)>& sink,
                std::vector<TarEntry>& entries, BackupReport& report) {
  const auto counting = [&](std::string_view bytes) {
    report.tar_bytes += bytes.size();
    return sink(bytes);
  };
  ASSIGN_OR_RETURN(TarWriter tar, TarWriter::Open(options.compression, counting));
  RETURN_IF_ERROR(Run(options, tar, report).Do());
  RETURN_IF_ERROR(tar.Finish());
  entries = tar.entries();
  return Ok();
}

}  // namespace

std::optional<Compression> CompressionOf(const fs::path& tar) {
  const std::string name = tar.filename().string();
  if (name.ends_with(".tar")) return Compression::kNone;
  if (name.ends_with(".tar.gz") || name.ends_with(".tgz")) return Compression::kGzip;
  if (name.ends_with(".tar.zst")) return Compression::kZstd;
  return std::nullopt;
}

Result<BackupReport> BackUp(const BackupOptions& options, os::FileCalls& files) {
  BackupReport report;
  std::vector<TarEntry> entries;
  if (options.tar.empty()) {
    RETURN_IF_ERROR(WriteTar(options, options.sink, entries, report));
    return report;
  }
  if (IsWithin(AbsoluteOf(options.tar), AbsoluteOf(options.metrics_dir))) {
    return Status(Code::kInvalidArgument,
                  options.tar.string() + ": it would hold itself; put it elsewhere than into the directory");
  }
  ASSIGN_OR_RETURN(os::WholeFileWriter file, os::WholeFileWriter::Open(files, options.tar));
  const auto append = [&](std::string_view bytes) { return file.Append(bytes); };
  RETURN_IF_ERROR(WriteTar(options, append, entries, report));
  RETURN_IF_ERROR(file.Sync());
  RETURN_IF_ERROR(CompareTar(file.temporary(), entries));
  RETURN_IF_ERROR(file.Commit());
  return report;
}

}  // namespace inferometer::archive
