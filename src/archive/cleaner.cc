#include "archive/cleaner.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "archive/holding.h"
#include "archive/leftovers.h"
#include "archive/owed_records.h"
#include "archive/removal.h"
#include "base/timestamp.h"
#include "lake/partition.h"

namespace inferometer::archive {
namespace {

namespace fs = std::filesystem;

// A clock further ahead of the program's build stands wrong, as for a device (device/floor_clock.h).
constexpr std::chrono::days kFurthest{20 * 365};

std::string Refusal(std::string_view why, WallTime now) {
  return fmt::format(
      "the clock says {}, {}: it stands wrong, and no age can be told. Set it; or, if it is right after all, say "
      "--trust-clock. Nothing was removed",
      base::FormatRfc3339(now), why);
}

class Run {
 public:
  Run(const CleanOptions& options, fs::path lake, os::FileCalls& files, const base::Clock& clock)
      : options_(options), lake_(std::move(lake)), files_(files), now_(clock.Wall()), owed_(options.stores) {}

  Result<CleanReport> Do() {
    RETURN_IF_ERROR(Lock());
    ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> partitions, lake::ListPartitions(lake_));
    RETURN_IF_ERROR(LookAtFiles(partitions));
    RETURN_IF_ERROR(CheckClock());
    ChooseFiles();
    RETURN_IF_ERROR(ChoosePartitions(partitions));
    NoteUnknownDevices(partitions);
    if (!report_.unknown_devices.empty() && !options_.dry_run) {
      return Status(Code::kInvalidArgument,
                    fmt::format("--keep {}: there is nothing of a device of this name or id, so another may go that it "
                                "was meant for; nothing was removed. Leave it away if it is right",
                                report_.unknown_devices.front()));
    }
    if (options_.dry_run) {
      for (const Removal& removal : going_) report_.removed.push_back(Described(removal));
      CountLeftovers();
      return std::move(report_);
    }
    // First, since a disk that is full has no room for the notes of what goes.
    report_.failure = RemoveLeftovers();
    if (report_.failure.ok()) report_.failure = Remove(going_, options_, lake_, files_, report_);
    if (lake_lock_) RemoveEmptyPartitions(lake_);
    return std::move(report_);
  }

 private:
  // Nothing else writes into the lake or the notes meanwhile. A dry run only looks.
  Status Lock() {
    if (options_.dry_run) return Ok();
    std::error_code none;
    if (fs::is_directory(lake_, none)) {
      ASSIGN_OR_RETURN(os::FileLock lock, os::FileLock::Acquire(lake_ / ".lock"));
      lake_lock_.emplace(std::move(lock));
    }
    ASSIGN_OR_RETURN(os::FileLock lock, os::FileLock::Acquire(options_.metrics_dir / ".clean.lock"));
    lock_.emplace(std::move(lock));
    return Ok();
  }

  Status LookAtFiles(const std::vector<lake::PartitionFile>& partitions) {
    for (const auto& damage : options_.directory.unreadable) Leave(damage.file, damage.error);
    const auto& all = options_.directory.metrics;
    for (std::size_t i = 0; i < all.size(); ++i) {
      if (options_.stop.stop_requested()) return {Code::kCancelled, "stopped; nothing was removed"};
      auto holding = reader_.File(all[i]);
      if (holding.ok()) {
        holdings_.push_back(std::move(*holding));
      } else {
        Leave(all[i].path.string(), holding.status().message());
      }
      if (options_.progress) options_.progress(i + 1, all.size());
    }
    for (const Holding& holding : holdings_) NoteTime(holding.newest, holding.file);
    for (const auto& partition : partitions) NoteTime(WallTime(partition.key.date), partition.path);
    return Ok();
  }

  void NoteTime(std::optional<WallTime> time, const fs::path& file) {
    if (!time || (newest_ && *newest_ >= *time)) return;
    newest_ = time;
    newest_file_ = file.string();
  }

  [[nodiscard]] Status CheckClock() const {
    const bool needs_no_clock = options_.ignores_age && options_.retention.own.empty();
    if (needs_no_clock || options_.trusts_clock) return Ok();
    if (now_ < options_.built) {
      return {Code::kFailedPrecondition,
              Refusal("before this program was built (" + base::FormatRfc3339(options_.built) + ")", now_)};
    }
    if (now_ > options_.built + kFurthest) {
      return {Code::kFailedPrecondition, Refusal("more than 20 years after this program was built", now_)};
    }
    if (!newest_ || now_ >= *newest_) return Ok();
    return {Code::kFailedPrecondition,
            Refusal(fmt::format("and {} has records of {}", newest_file_, base::FormatRfc3339(*newest_)), now_)};
  }

  // From when on what is older goes; nothing: it stays.
  [[nodiscard]] std::optional<std::chrono::seconds> AgeOf(const Holding& holding) const {
    Retention retention = options_.retention;
    if (options_.ignores_age) retention.older_than = std::chrono::seconds(0);
    return retention.AgeOf(holding.device_ids, holding.device_names);
  }
  [[nodiscard]] bool IsOld(WallTime newest, std::chrono::seconds age) const {
    return (options_.ignores_age && age.count() == 0) || now_ - newest >= age;
  }

  void ChooseFiles() {
    for (Holding& holding : holdings_) {
      const auto age = AgeOf(holding);
      if (!age || (holding.newest && !IsOld(*holding.newest, *age))) {
        ++report_.kept_files;
        Keep(holding);
      } else if (!holding.newest && !options_.ignores_age) {
        Leave(holding.file.string(), "neither a record nor its name tells its age");
      } else if (!Choose(holding)) {
        Keep(holding);
      }
    }
  }

  void Keep(const Holding& holding) { kept_days_.insert(holding.days.begin(), holding.days.end()); }

  // Whether it goes; then what `holding` has is taken.
  bool Choose(Holding& holding) {
    Removal removal;
    std::uint64_t owed_count = 0;
    std::uint64_t unnoted_count = 0;
    for (const auto& [name, ranges] : holding.numbered) {
      const auto owed = owed_.Owed(holding.file, name.first, name.second, ranges);
      unnoted_count += analyze::CountOf(owed_.WithoutNote(holding.file, name.first, name.second, ranges));
      owed_count += analyze::CountOf(owed);
      if (!owed.empty()) removal.unacknowledged[name] = owed;
    }
    if (owed_count + unnoted_count > 0 && !options_.force) {
      const std::string why =
          owed_count > 0
              ? fmt::format("{} of its {} records no hub has acknowledged, as far as the journal's ledger says",
                            owed_count, holding.records)
              : fmt::format("of {} of its {} records the journal has no note that they stand in a file", unnoted_count,
                            holding.records);
      Leave(holding.file.string(), why + "; --force lets it go");
      return false;
    }
    removal.holding = std::move(holding);
    going_.push_back(std::move(removal));
    return true;
  }

  Status ChoosePartitions(const std::vector<lake::PartitionFile>& partitions) {
    Retention shortest = options_.retention;
    if (options_.ignores_age) shortest.older_than = std::chrono::seconds(0);
    for (const lake::PartitionFile& partition : partitions) {
      if (options_.stop.stop_requested()) return {Code::kCancelled, "stopped; nothing was removed"};
      const WallTime end = WallTime(partition.key.date + std::chrono::days(1));
      if (!shortest.Shortest() || !IsOld(end, *shortest.Shortest())) {
        ++report_.kept_files;
        has_read_all_ = false;
      } else {
        RETURN_IF_ERROR(ChoosePartition(partition));
      }
    }
    return Ok();
  }

  Status ChoosePartition(const lake::PartitionFile& partition) {
    const std::string file = partition.path.string();
    if (partition.path.filename() != lake::kPartitionFile) {
      Leave(file, "another program put it there");
      return Ok();
    }
    auto holding = reader_.Partition(partition);
    if (holding.status().code() == Code::kUnavailable) return holding.status();
    if (!holding.ok()) {
      Leave(file, holding.status().message());
      return Ok();
    }
    names_in_lake_.insert(holding->device_names.begin(), holding->device_names.end());
    const auto age = AgeOf(*holding);
    const bool would_come_back = std::any_of(holding->days.begin(), holding->days.end(),
                                             [&](const auto& day) { return kept_days_.contains(day); });
    if (!age || !IsOld(*holding->newest, *age) || would_come_back) {
      ++report_.kept_files;
    } else {
      Choose(*holding);
    }
    return Ok();
  }

  void NoteUnknownDevices(const std::vector<lake::PartitionFile>& partitions) {
    if (!has_read_all_) return;  // what was not read may be of the devices
    std::set<std::string> known = names_in_lake_;
    for (const lake::PartitionFile& one : partitions) known.insert(one.key.device_id);
    const auto take = [&](const Holding& holding) {
      known.insert(holding.device_ids.begin(), holding.device_ids.end());
      known.insert(holding.device_names.begin(), holding.device_names.end());
    };
    for (const Holding& holding : holdings_) take(holding);
    for (const Removal& removal : going_) take(removal.holding);
    for (const auto& [name, age] : options_.retention.own) {
      if (!known.contains(name)) report_.unknown_devices.push_back(name);
    }
  }

  [[nodiscard]] std::vector<fs::path> Leftovers() const {
    std::vector<fs::path> found = LeftoversOfFolders(options_.metrics_dir);
    if (!lake_lock_ && !options_.dry_run) return found;
    if (options_.dry_run && os::FileLock::IsHeld(lake_ / ".lock")) return found;
    for (fs::path& file : LeftoversOfLake(lake_)) found.push_back(std::move(file));
    return found;
  }
  void CountLeftovers() {
    for (const fs::path& file : Leftovers()) CountLeftover(os::BytesOnDisk(file));
  }
  void CountLeftover(std::uint64_t bytes) {
    ++report_.leftovers;
    report_.leftover_bytes += bytes;
  }
  Status RemoveLeftovers() {
    std::set<fs::path> folders;
    for (const fs::path& file : Leftovers()) {
      const std::uint64_t bytes = os::BytesOnDisk(file);
      const Status gone = files_.Unlink(file);
      if (!gone.ok()) {
        Leave(file.string(), gone.message());
        continue;
      }
      CountLeftover(bytes);
      folders.insert(file.parent_path());
    }
    for (const fs::path& folder : folders) RETURN_IF_ERROR(files_.SyncFolder(folder));
    return Ok();
  }

  void Leave(const std::string& file, const std::string& reason) { report_.left.push_back({file, reason}); }

  const CleanOptions& options_;
  const fs::path lake_;
  os::FileCalls& files_;
  const WallTime now_;
  const OwedRecords owed_;
  std::optional<os::FileLock> lake_lock_;
  std::optional<os::FileLock> lock_;
  HoldingReader reader_;
  std::vector<Holding> holdings_;           // of metrics files; those that go are moved from
  std::set<lake::PartitionKey> kept_days_;  // of metrics files that stay
  std::optional<WallTime> newest_;          // of any record
  std::string newest_file_;                 // that holds it
  std::vector<Removal> going_;
  bool has_read_all_ = true;             // every day of the lake
  std::set<std::string> names_in_lake_;  // of devices, in the days that were read
  CleanReport report_;
};

}  // namespace

Result<CleanReport> Clean(const CleanOptions& options, os::FileCalls& files, const base::Clock& clock) {
  const fs::path lake = options.lake.empty() ? options.metrics_dir / lake::kLakeFolder : options.lake;
  return Run(options, lake, files, clock).Do();
}

}  // namespace inferometer::archive
