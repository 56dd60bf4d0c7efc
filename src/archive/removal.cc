#include "archive/removal.h"

#include <algorithm>

#include "analyze/cleaned_records.h"
#include "archive/archived_sources.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

// Between two writings of a folder's note: what a crash leaves noted and not removed is no more than that.
constexpr std::size_t kFilesANote = 256;

std::uint64_t CountOf(const Removal& removal) {
  std::uint64_t count = 0;
  for (const auto& [name, ranges] : removal.unacknowledged) count += analyze::CountOf(ranges);
  return count;
}

class Remover {
 public:
  Remover(const CleanOptions& options, const fs::path& lake, os::FileCalls& files, CleanReport& report)
      : options_(options), lake_(lake), files_(files), report_(report), sources_(ArchivedSources::Read(lake)) {}

  Status All(std::span<const Removal> removals) {
    Status status;
    while (!removals.empty() && status.ok() && !options_.stop.stop_requested()) {
      const std::size_t count = BatchOf(removals);
      status = Batch(removals.first(count));
      removals = removals.subspan(count);
    }
    report_.was_stopped = options_.stop.stop_requested();
    const Status noted = forgot_ ? sources_.Write(files_, lake_) : Ok();
    return status.ok() ? noted : status;
  }

 private:
  // Where the note of a file stands: the lake has one for all of it.
  [[nodiscard]] fs::path NoteFolder(const Removal& removal) const {
    return removal.holding.is_of_lake ? lake_ : removal.holding.file.parent_path();
  }

  [[nodiscard]] std::size_t BatchOf(std::span<const Removal> removals) const {
    const fs::path folder = NoteFolder(removals.front());
    std::size_t count = 1;
    while (count < removals.size() && count < kFilesANote && NoteFolder(removals[count]) == folder) ++count;
    return count;
  }

  // A folder that may not be written, or has no room for its note, keeps its files, and no other's.
  Status Batch(std::span<const Removal> removals) {
    const Status noted = Note(removals);
    if (!noted.ok()) {
      for (const Removal& removal : removals) Leave(removal, noted.message());
      return Ok();
    }
    std::set<fs::path> folders;
    Status status;
    for (const Removal& removal : removals) {
      if (options_.stop.stop_requested()) break;
      status = One(removal, folders);
      if (!status.ok()) break;
    }
    for (const fs::path& folder : folders) {
      const Status synced = files_.SyncFolder(folder);
      if (status.ok()) status = synced;
    }
    return status;
  }

  Status Note(std::span<const Removal> removals) const {
    const fs::path folder = NoteFolder(removals.front());
    ASSIGN_OR_RETURN(analyze::CleanedRecords note, analyze::CleanedRecords::Read(folder));
    const auto before = note.ranges();
    for (const Removal& removal : removals) {
      for (const auto& [name, ranges] : removal.holding.numbered) {
        const auto owed = removal.unacknowledged.find(name);
        const analyze::SequenceRanges forced =
            owed == removal.unacknowledged.end() ? analyze::SequenceRanges() : owed->second;
        note.Add({name.first, name.second, false}, Without(ranges, forced));
        note.Add({name.first, name.second, true}, forced);
      }
    }
    return note.ranges() == before ? Ok() : note.Write(files_, folder);
  }

  // What was written since it was read is not what was to go.
  Status One(const Removal& removal, std::set<fs::path>& folders) {
    const fs::path& file = removal.holding.file;
    if (os::IdentityOf(file) != removal.holding.identity) {
      Leave(removal, "it was written or moved meanwhile");
      return Ok();
    }
    RemovedFile described = Described(removal);
    const Status gone = files_.Unlink(file);
    if (!gone.ok()) {
      Leave(removal, gone.message());
      return Ok();
    }
    report_.removed.push_back(std::move(described));
    folders.insert(file.parent_path());
    if (removal.holding.is_of_lake) return Ok();
    const std::string name = file.lexically_relative(options_.metrics_dir).string();
    forgot_ = sources_.Remove(name) || forgot_;
    return Ok();
  }

  void Leave(const Removal& removal, const std::string& reason) {
    report_.left.push_back({removal.holding.file.string(), reason});
  }

  const CleanOptions& options_;
  const fs::path& lake_;
  os::FileCalls& files_;
  CleanReport& report_;
  ArchivedSources sources_;
  bool forgot_ = false;  // something that the archive's note on disk still has
};

}  // namespace

RemovedFile Described(const Removal& removal) {
  const Holding& holding = removal.holding;
  RemovedFile described;
  described.file = holding.file.string();
  described.is_of_lake = holding.is_of_lake;
  if (!holding.device_ids.empty()) described.device_id = *holding.device_ids.begin();
  described.device_name = holding.device_names.empty() ? described.device_id : *holding.device_names.begin();
  described.newest = holding.newest;
  described.records = holding.records;
  described.unacknowledged = CountOf(removal);
  described.bytes = os::BytesOnDisk(holding.file);
  return described;
}

Status Remove(std::span<const Removal> removals, const CleanOptions& options, const fs::path& lake,
              os::FileCalls& files, CleanReport& report) {
  return Remover(options, lake, files, report).All(removals);
}

}  // namespace inferometer::archive
