#pragma once
// Moves the records of a metrics directory's files into its lake.

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::archive {

struct ArchiveOptions {
  std::filesystem::path metrics_dir;
  std::filesystem::path lake;             // empty: the folder "lake" of metrics_dir
  std::chrono::seconds grace{7 * 86400};  // how long a file stays after its records came into the lake
  bool dry_run = false;                   // tells what would be done, and changes nothing
  std::size_t memory_mb = 256;
  // Called now and then with the number of files done and of all.
  std::function<void(std::size_t, std::size_t)> progress;
};

// A file that stays, and why.
struct LeftFile {
  std::string file;
  std::string reason;
};

struct ArchiveReport {
  std::size_t files = 0;            // whose records are in the lake now and were not known to be before
  std::size_t records = 0;          // that came into the lake
  std::size_t records_known = 0;    // of these files, that were in it already
  std::size_t journals = 0;         // of which records came into the lake that stand in no file
  std::size_t journal_records = 0;  // these records
  std::size_t partitions = 0;       // files of the lake that were written
  std::size_t lake_bytes = 0;       // of these
  std::size_t dropped_files = 0;    // whose grace was over
  std::size_t dropped_bytes = 0;
  std::size_t waiting_files = 0;  // in the lake, and within their grace
  std::vector<LeftFile> left;     // damaged, or with something that the lake cannot hold
};

// One run. What a crash left in a device's journal, and in no file, comes into the lake, too, unless a program holds
// the folder's lock; the journal stays as it is. A record is in the lake, read back and durable, before the file that
// held it is dropped; until then readers count it once. May be killed at any time and run again: nothing is lost, and
// nothing doubled. What a file holds and the lake cannot (a key beside the three that are known, a summary that its
// records contradict, a value beyond its column) keeps the file where it is, with the reason. kFailedPrecondition while
// another run has the lake.
[[nodiscard]] Result<ArchiveReport> Archive(const ArchiveOptions& options, os::FileCalls& files,
                                            const base::Clock& clock);

}  // namespace inferometer::archive
