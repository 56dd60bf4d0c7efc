#include "analyze/lake_reading.h"

#include <algorithm>
#include <iterator>
#include <system_error>
#include <utility>

#include "analyze/group_statistics.h"
#include "analyze/lake_groups.h"
#include "lake/field_scan.h"

namespace inferometer::analyze {
namespace {

// Of the files of a batch, unless one device has more.
constexpr std::uintmax_t kBatchBytes = std::uintmax_t{48} << 20;

std::uintmax_t SizeOf(const std::filesystem::path& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

// The groups of the devices from `first` to `last` leave `from`.
void TakeDevices(const std::string& first, const std::string& last, std::map<GroupKey, Columns>& from,
                 std::map<GroupKey, Columns>& to) {
  auto group = from.lower_bound(GroupKey{first, {}, {}, {}, {}, {}});
  while (group != from.end() && group->first.device_id <= last) to.insert(from.extract(group++));
}

void Append(std::vector<Group> more, std::vector<Group>& groups) {
  groups.insert(groups.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

}  // namespace

Status LakeReading::Finish(Merger& merger, Analysis& analysis) {
  if (!lake_.empty()) RETURN_IF_ERROR(lake::FieldScan::Open({}).status());
  std::map<GroupKey, Columns> waiting = merger.TakeGroups();
  for (std::size_t begin = 0; begin < lake_.size();) {
    const std::size_t end = BatchEnd(begin);
    RETURN_IF_ERROR(FinishBatch(begin, end, merger, waiting, analysis));
    begin = end;
  }
  Append(FinishGroups(waiting, threads_), analysis.groups);
  std::sort(analysis.groups.begin(), analysis.groups.end(),
            [](const Group& a, const Group& b) { return a.key < b.key; });
  return Ok();
}

std::size_t LakeReading::BatchEnd(std::size_t begin) const {
  std::uintmax_t bytes = 0;
  std::size_t end = begin;
  while (end < lake_.size()) {
    std::size_t device_end = end;
    while (device_end < lake_.size() && lake_[device_end].key.device_id == lake_[end].key.device_id) {
      bytes += SizeOf(lake_[device_end++].path);
    }
    if (end > begin && bytes > kBatchBytes) break;
    end = device_end;
  }
  return end;
}

Status LakeReading::FinishBatch(std::size_t begin, std::size_t end, const Merger& merger,
                                std::map<GroupKey, Columns>& waiting, Analysis& analysis) {
  std::vector<LakeFile> files;
  for (std::size_t i = begin; i < end; ++i) files.push_back({lake_[i].path, merger.days().contains(lake_[i].key)});
  std::map<GroupKey, Columns> others;
  TakeDevices(lake_[begin].key.device_id, lake_[end - 1].key.device_id, waiting, others);
  std::size_t files_done = 0;  // in all readings of them
  LakeBatchOptions batch;
  batch.threads = threads_;
  if (options_.lake_numbers_kept > 0) batch.most_kept = options_.lake_numbers_kept;
  batch.on_file = [&] {
    const std::size_t again = files_done++ / files.size() * files.size();
    if (options_.progress) options_.progress(begin + files_done - again, lake_.size());
  };
  return LakeBatch(files, merger.seen(), others, batch).Finish(analysis);
}

}  // namespace inferometer::analyze
