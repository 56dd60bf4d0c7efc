#include "analyze/lake_groups.h"

#include <algorithm>
#include <atomic>
#include <random>
#include <system_error>
#include <thread>
#include <utility>

#include "analyze/group_statistics.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesAUnit = 32;                         // what one thread reads at a time, at most
constexpr std::uintmax_t kUnitBytes = std::uintmax_t{2} << 20;  // of files
constexpr std::uint64_t kOrderSeed = 20'251'007;                // any: the order must be of chance, and always the same
constexpr int kMostReadings = 24;     // 7 for the quantiles, some for damage that is found late
constexpr std::size_t kFewKept = 64;  // not worth narrowing

std::uintmax_t SizeOf(const fs::path& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

std::size_t InferencesIn(const std::map<GroupKey, Columns>& groups) {
  std::size_t count = 0;
  for (const auto& [ignored, columns] : groups) count += columns.total_inferences();
  return count;
}

Column& LongestOf(std::map<GroupKey, Columns>& groups) {
  Column* longest = nullptr;
  for (auto& [ignored, columns] : groups) {
    for (std::size_t block = 0; block < kBlocks; ++block) {
      Column& column = columns.Of(static_cast<Block>(block));
      if (longest == nullptr || column.kept() > longest->kept()) longest = &column;
    }
  }
  return *longest;
}

std::size_t KeptIn(const std::map<GroupKey, Columns>& groups) {
  std::size_t kept = 0;
  for (const auto& [ignored, columns] : groups) kept += columns.kept();
  return kept;
}

}  // namespace

LakeBatch::LakeBatch(std::span<const LakeFile> files, const FingerprintSet& seen,
                     const std::map<GroupKey, Columns>& others, const LakeBatchOptions& options)
    : files_(files), seen_(seen), others_(others), options_(options) {}

Status LakeBatch::Finish(Analysis& analysis) {
  while (!ReadOnce()) {
    if (readings_ > kMostReadings) return {Code::kUnavailable, "the lake changes while it is read; try again"};
  }
  std::vector<Group> groups = GroupsOf(groups_);
  std::move(groups.begin(), groups.end(), std::back_inserter(analysis.groups));
  for (auto& [ignored, damage] : damaged_) analysis.damaged.push_back(std::move(damage));
  analysis.files_read += files_.size() - damaged_.size();
  return Ok();
}

// Everything from the beginning, knowing what was learned in vain before. False when something was learned.
bool LakeBatch::ReadOnce() {
  groups_.clear();
  for (Outcome& outcome : ReadAll()) {  // in the files' order, whoever read them
    if (outcome.is_damaged) return false;
    for (auto& [key, columns] : outcome.groups) groups_[Resolve(key)].Append(columns);
  }
  for (const auto& [key, columns] : others_) groups_[Resolve(key)].Append(columns);
  const std::map<GroupKey, GroupKey> folds = FoldsOf(groups_);
  if (!FoldIsPossible(folds)) {
    folds_.insert(folds.begin(), folds.end());
    return false;
  }
  Fold(folds, groups_);
  folds_.insert(folds.begin(), folds.end());
  return FindAllQuantiles();
}

// What was let go cannot be put to what else was: then all of it is read as of one group.
bool LakeBatch::FoldIsPossible(const std::map<GroupKey, GroupKey>& folds) const {
  return std::none_of(folds.begin(), folds.end(),
                      [&](const auto& fold) { return groups_.at(fold.first).is_narrowed(); });
}

// Reads on while a quantile is not known. False when the files are not what they were.
bool LakeBatch::FindAllQuantiles() {
  const std::size_t inferences = InferencesIn(groups_);
  while (!FindQuantiles(groups_, options_.threads, options_.most_kept)) {
    std::size_t read_again = InferencesIn(others_);
    for (const Outcome& outcome : ReadAll()) {
      if (outcome.is_damaged) return false;
      read_again += InferencesIn(outcome.groups);
    }
    if (read_again != inferences || readings_ > kMostReadings) return false;
    for (const auto& [key, columns] : others_) {
      Columns copy;
      copy.Append(columns);
      copy.GiveValuesTo(groups_[Resolve(key)]);
    }
  }
  return true;
}

const GroupKey& LakeBatch::Resolve(const GroupKey& key) const {
  const auto fold = folds_.find(key);
  return fold == folds_.end() ? key : fold->second;
}

std::vector<LakeBatch::Unit> LakeBatch::Units() const {
  std::vector<Unit> units;
  std::uintmax_t bytes = 0;
  for (std::size_t i = 0; i < files_.size(); ++i) {
    if (damaged_.contains(i)) continue;
    const std::uintmax_t size = SizeOf(files_[i].path);
    if (units.empty() || units.back().files.size() == kFilesAUnit || bytes + size > kUnitBytes ||
        units.back().may_be_seen != files_[i].may_be_seen) {
      units.push_back({{}, files_[i].may_be_seen});
      bytes = 0;
    }
    bytes += size;
    units.back().files.push_back(i);
  }
  return units;
}

// Every file once: values go to the groups, the rest into the outcomes, in the order of the files.
std::vector<LakeBatch::Outcome> LakeBatch::ReadAll() {
  ++readings_;
  const std::vector<Unit> units = Units();
  std::vector<std::size_t> order(units.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), std::mt19937_64(kOrderSeed));
  std::vector<Outcome> outcomes(units.size());
  std::atomic<std::size_t> next = 0;
  const auto work = [&] {
    LakeRows reader;
    for (std::size_t i = next++; i < order.size(); i = next++) {
      ReadUnit(units[order[i]], reader, outcomes[order[i]]);
      if (!options_.on_file) continue;
      const std::lock_guard lock(mutex_);
      for (std::size_t done = 0; done < units[order[i]].files.size(); ++done) options_.on_file();
    }
  };
  std::vector<std::jthread> helpers;
  for (unsigned i = 1; i < options_.threads && i < units.size(); ++i) helpers.emplace_back(work);
  work();
  helpers.clear();  // joins
  return outcomes;
}

// All files at once; when one of them is damaged, which one is found out, and all is to be read again without it.
void LakeBatch::ReadUnit(const Unit& unit, LakeRows& reader, Outcome& outcome) {
  std::vector<fs::path> paths;
  paths.reserve(unit.files.size());
  for (const std::size_t file : unit.files) paths.push_back(files_[file].path);
  if (ReadFiles(paths, unit.may_be_seen, reader, outcome).ok()) return Give(outcome.groups);
  FindDamage(unit, reader);
  outcome.groups.clear();
  outcome.is_damaged = true;
}

Status LakeBatch::ReadFiles(std::span<const fs::path> paths, bool may_be_seen, LakeRows& reader, Outcome& outcome) {
  std::size_t rows = 0;
  return reader.Read(paths, may_be_seen ? &seen_ : nullptr, outcome.groups, [&](std::size_t more) {
    rows += more;
    if (rows < options_.rows_at_a_time) return;
    rows = 0;
    Give(outcome.groups);
  });
}

// Names the damaged files among those of the unit.
void LakeBatch::FindDamage(const Unit& unit, LakeRows& reader) {
  for (const std::size_t file : unit.files) {
    std::map<GroupKey, Columns> ignored;
    const auto forget = [&](std::size_t) {
      for (auto& [key, columns] : ignored) columns.Clear();
    };
    const Status status = reader.Read({&files_[file].path, 1}, unit.may_be_seen ? &seen_ : nullptr, ignored, forget);
    if (status.ok()) continue;
    const std::lock_guard lock(mutex_);
    damaged_[file] = {files_[file].path.string(), std::nullopt, status.message()};
  }
}

void LakeBatch::Give(std::map<GroupKey, Columns>& groups) {
  const std::lock_guard lock(mutex_);
  for (auto& [key, columns] : groups) columns.GiveValuesTo(groups_[Resolve(key)]);
  KeepWithinBounds();
}

void LakeBatch::KeepWithinBounds() {
  while (KeptIn(groups_) > options_.most_kept) {
    Column& longest = LongestOf(groups_);
    const std::size_t kept = longest.kept();
    longest.Narrow(kept / 4);
    if (kept < kFewKept || longest.kept() >= kept) return;
  }
}

}  // namespace inferometer::analyze
