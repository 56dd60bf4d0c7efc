#pragma once
// Lets go what is older than it is to be kept: metrics files, and days of the lake.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "analyze/directory.h"
#include "analyze/verification.h"
#include "archive/archiver.h"
#include "archive/retention.h"
#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::archive {

struct CleanOptions {
  std::filesystem::path metrics_dir;
  std::filesystem::path lake;  // empty: the folder "lake" of metrics_dir
  Retention retention;
  bool ignores_age = false;  // all goes that has no age of its own in `retention`
  bool dry_run = false;      // tells what would go, and changes nothing
  bool force = false;        // lets go what a hub has not acknowledged, too
  bool trusts_clock = false;
  WallTime built{};  // a time that has passed
  // As ListMetrics found it. REQUIRES: listed before the journals were read, so that no file is newer than what these
  // tell.
  analyze::MetricsDirectory directory;
  std::vector<analyze::StoreKnowledge> stores;
  std::function<void(std::size_t, std::size_t)> progress;  // files read, and of how many
  std::stop_token stop;                                    // ends the work between two files
};

struct RemovedFile {
  std::string file;
  bool is_of_lake = false;
  std::string device_id;  // the first, where it holds records of several
  std::string device_name;
  std::optional<WallTime> newest;  // record in it; of the lake, the end of its day
  std::size_t records = 0;
  std::uint64_t unacknowledged = 0;  // of these, before a hub had them (by force)
  std::uint64_t bytes = 0;           // that the disk got back
};

struct CleanReport {
  std::vector<RemovedFile> removed;
  std::vector<LeftFile> left;  // old enough, and still there
  std::size_t leftovers = 0;   // temporary files that a crash had left
  std::uint64_t leftover_bytes = 0;
  std::size_t kept_files = 0;                // younger, or of a device that is kept
  std::vector<std::string> unknown_devices;  // with an age of their own, of which there is nothing
  bool was_stopped = false;
  Status failure;  // that ended the work after its first removal
};

// Nothing goes that cannot be read as ours; nothing that a journal's program would miss, or a hub is owed, without
// `force`; and no day of the lake while a metrics file that stays holds records of it, which would come back. Each
// file's records are noted (analyze::CleanedRecords), durably, before it goes. May be killed at any time and run again:
// what was to stay is there, once.
//
// What cannot be removed, for one, is left and named. kInvalidArgument, before anything goes, where `retention` has an
// age of a device of which there is nothing: a slip of the pen would let go what it was to keep. kFailedPrecondition
// while another run has the lake, or where the clock stands wrong: before the newest record, before
// `built`, or more than 20 years after it.
[[nodiscard]] Result<CleanReport> Clean(const CleanOptions& options, os::FileCalls& files, const base::Clock& clock);

}  // namespace inferometer::archive
