#include "analyze/analysis.h"

#include <algorithm>
#include <atomic>
#include <cctype>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <thread>
#include <tuple>
#include <utility>

#include "analyze/each_record.h"
#include "analyze/file_records.h"
#include "analyze/index_entry.h"
#include "analyze/journal_records.h"
#include "analyze/lake_reading.h"
#include "analyze/loading_file.h"
#include "analyze/merger.h"
#include "analyze/metrics_file.h"
#include "analyze/reading_index.h"
#include "analyze/row_builder.h"
#include "analyze/summary_check.h"
#include "lake/partition.h"
#include "os/file_buffer.h"
#include "os/files.h"

namespace inferometer::analyze {
namespace {

// With the keys that each must have it is longer.
constexpr std::size_t kLeastRecordBytes = 32;
constexpr std::size_t kFilesAhead = 4;  // a thread, that may wait for an earlier file to be merged

// What one file gave.
struct FileOutcome {
  FileRecords records;
  std::optional<Damage> damage;
  std::vector<Disagreement> disagreements;
  std::string entry;  // for the index; empty: it has none of this file
};

Damage DamageOf(const FoundFile& file, const Status& status) {
  return {file.path.string(), status.offset_bytes(), status.message()};
}

// One thread's means of reading files.
class FileWorker {
 public:
  FileWorker(const std::vector<FoundFile>& files, Telling telling, const ReadingIndex* index)
      : files_(files), telling_(telling), index_(index) {}
  void Read(std::size_t number, FileOutcome& outcome) {
    const FoundFile& file = files_[number];
    if (!FindInIndex(number, outcome)) {
      const Status status = Parse(file, outcome);
      if (!status.ok()) {
        outcome.records.Clear();
        outcome.damage = DamageOf(file, status);
        return;
      }
      if (index_ != nullptr && index_->Wants(number)) {
        AppendFileEntry(outcome.records, outcome.disagreements, outcome.entry);
      }
    }
    if (telling_ == Telling::kByFingerprint) outcome.records.MakeFingerprints();
  }

 private:
  bool FindInIndex(std::size_t number, FileOutcome& outcome) {
    outcome.entry.clear();
    if (index_ == nullptr || !index_->Find(number, outcome.entry)) return false;
    const std::size_t most_rows = index_->BytesOf(number) / kLeastRecordBytes;
    const bool is_good =
        ReadFileEntry(outcome.entry, files_[number].path.string(), most_rows, outcome.records, outcome.disagreements);
    if (is_good) {
      outcome.records.MakeColumns();
    } else {
      outcome.entry.clear();
    }
    return is_good;
  }
  Status Parse(const FoundFile& file, FileOutcome& outcome) {
    ASSIGN_OR_RETURN(const std::string_view text, buffer_.Read(file.path, kLargestFileBytes));
    RETURN_IF_ERROR(reader_.Read(text, file.folder_name, outcome.records));
    outcome.records.MakeColumns();
    outcome.disagreements = CheckSummary(file.path.string(), outcome.records);
    return Ok();
  }
  const std::vector<FoundFile>& files_;
  Telling telling_;
  const ReadingIndex* index_;  // nullptr: there is none
  os::FileBuffer buffer_{kFilePaddingBytes};
  MetricsFileReader reader_;
};

// Threads take files in path order; what they read is merged in the same order, by whichever thread comes by, so that
// the answer does not depend on who was faster.
class FilePipeline {
 public:
  FilePipeline(const std::vector<FoundFile>& files, const AnalyzeOptions& options, unsigned threads, Telling telling,
               ReadingIndex* index)
      : files_(files), options_(options), threads_(threads), telling_(telling), index_(index) {}

  // False when the merger gave up.
  [[nodiscard]] bool Run(Analysis& analysis, Merger& merger) {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads_ && i < files_.size(); ++i) helpers.emplace_back([&] { Work(analysis, merger); });
    Work(analysis, merger);
    helpers.clear();  // joins
    return !gave_up_;
  }

 private:
  void Work(Analysis& analysis, Merger& merger) {
    FileWorker worker(files_, telling_, index_);
    for (std::size_t i = next_++; i < files_.size(); i = next_++) {
      std::unique_ptr<FileOutcome> outcome = WaitForTurn(i);
      if (outcome == nullptr) return;
      worker.Read(i, *outcome);
      Deliver(i, std::move(outcome), analysis, merger);
    }
  }

  // Keeps a fast thread from running away from a file that takes long: memory stays bounded. Nothing when the work is
  // given up.
  std::unique_ptr<FileOutcome> WaitForTurn(std::size_t index) {
    std::unique_lock lock(mutex_);
    merged_one_.wait(lock, [&] { return gave_up_ || index < merged_ + std::size_t{threads_} * kFilesAhead; });
    if (gave_up_) return nullptr;
    if (spare_.empty()) return std::make_unique<FileOutcome>();
    std::unique_ptr<FileOutcome> outcome = std::move(spare_.back());
    spare_.pop_back();
    return outcome;
  }

  void Deliver(std::size_t index, std::unique_ptr<FileOutcome> outcome, Analysis& analysis, Merger& merger) {
    std::unique_lock lock(mutex_);
    waiting_.emplace(index, std::move(outcome));
    if (merging_) return;
    merging_ = true;
    for (auto first = waiting_.begin(); !gave_up_ && first != waiting_.end() && first->first == merged_;
         first = waiting_.begin()) {
      std::unique_ptr<FileOutcome> ready = std::move(first->second);
      waiting_.erase(first);
      lock.unlock();
      const bool merged = Merge(*ready, analysis, merger);
      if (index_ != nullptr && !ready->entry.empty()) index_->Keep(merged_, ready->entry);
      lock.lock();
      gave_up_ = !merged;
      spare_.push_back(std::move(ready));
      ++merged_;
      merged_one_.notify_all();
      if (merged && options_.progress) options_.progress(merged_, files_.size());
    }
    merging_ = false;
  }

  static bool Merge(FileOutcome& outcome, Analysis& analysis, Merger& merger) {
    if (outcome.damage) {
      analysis.damaged.push_back(*std::exchange(outcome.damage, std::nullopt));
      return true;
    }
    ++analysis.files_read;
    if (!merger.Add(outcome.records)) return false;
    std::move(outcome.disagreements.begin(), outcome.disagreements.end(), std::back_inserter(analysis.disagreements));
    outcome.disagreements.clear();
    return true;
  }

  const std::vector<FoundFile>& files_;
  const AnalyzeOptions& options_;
  unsigned threads_;
  Telling telling_;
  ReadingIndex* index_;
  std::atomic<std::size_t> next_ = 0;
  std::mutex mutex_;  // for all below
  std::condition_variable merged_one_;
  std::map<std::size_t, std::unique_ptr<FileOutcome>> waiting_;
  std::vector<std::unique_ptr<FileOutcome>> spare_;
  std::size_t merged_ = 0;
  bool merging_ = false;
  bool gave_up_ = false;
};

unsigned ThreadsOf(const AnalyzeOptions& options) {
  return options.threads > 0 ? options.threads : std::max(1U, std::thread::hardware_concurrency());
}

// All metrics files, with equal records told in one way. False when that way cannot tell them.
bool ReadAll(const MetricsDirectory& directory, const AnalyzeOptions& options, Analysis& analysis, Merger& merger,
             Telling telling, ReadingIndex* index) {
  if (index != nullptr) index->Begin();
  return FilePipeline(directory.metrics, options, ThreadsOf(options), telling, index).Run(analysis, merger);
}

// Whether records of the lake may stand in metrics files, too: until those are dropped, and in cumulative files.
bool DoMeet(const std::vector<lake::PartitionFile>& lake, const std::set<lake::PartitionKey>& days) {
  return std::any_of(lake.begin(), lake.end(), [&](const auto& file) { return days.contains(file.key); });
}

// What a crash left in journals. False when the merger gave up.
bool AddJournals(const std::filesystem::path& root, const std::vector<std::filesystem::path>& journals, Telling telling,
                 Analysis& analysis, Merger& merger) {
  FileRecords records;
  const auto take = [&](const RecordOrigin& origin, const InferenceRecord& record) {
    RecordParts parts = PartsOf(record);
    AddRow(parts, origin.file.folder_name, records);
    return Ok();
  };
  ForEachUnsavedIn(os::SystemFileCalls(), root, journals, take, analysis.damaged)
      .IgnoreBecause("taking a record cannot fail");
  records.MakeColumns();
  if (telling == Telling::kByFingerprint) records.MakeFingerprints();
  return merger.Add(records);
}

Merger ReadMetricsFiles(const std::filesystem::path& root, const MetricsDirectory& directory,
                        const std::vector<lake::PartitionFile>& lake, const AnalyzeOptions& options, Analysis& analysis,
                        ReadingIndex* index) {
  for (const Telling telling : {Telling::kByTime, Telling::kByFingerprint}) {
    analysis = Analysis();
    Merger merger(telling, directory.metrics.size());
    if (!lake.empty()) merger.NoteDays();
    if (!ReadAll(directory, options, analysis, merger, telling, index)) continue;
    if (!AddJournals(root, directory.journals, telling, analysis, merger)) continue;
    if (merger.has_all_fingerprints() || !DoMeet(lake, merger.days())) return merger;
  }
  return Merger(Telling::kByFingerprint, 0);  // not reached: by fingerprint, nothing overlaps
}

using LoadingKey = std::tuple<std::string, std::string, std::string>;  // device id, device name, model

// The newest load of each device and model; of two with one time, the later file's.
std::map<LoadingKey, ModelLoading> ReadLoadings(const std::vector<FoundFile>& files, std::vector<Damage>& damaged) {
  std::map<LoadingKey, ModelLoading> loadings;
  os::FileBuffer buffer(kFilePaddingBytes);
  for (const FoundFile& file : files) {
    const auto text = buffer.Read(file.path, kLargestFileBytes);
    auto loading = text.ok() ? ParseModelLoading(text.value()) : Result<ModelLoading>(text.status());
    if (!loading.ok()) {
      damaged.push_back(DamageOf(file, loading.status()));
      continue;
    }
    const std::string name = file.folder_name.value_or(loading->device_id);
    ModelLoading& newest = loadings[{loading->device_id, name, loading->model_name}];
    if (loading->timestamp >= newest.timestamp) newest = std::move(*loading);
  }
  return loadings;
}

// `index` may be nullptr.
Result<Analysis> ReadEverything(const std::filesystem::path& root, const MetricsDirectory& directory,
                                const std::vector<lake::PartitionFile>& lake, const AnalyzeOptions& options,
                                ReadingIndex* index) {
  Analysis analysis;
  Merger merger = ReadMetricsFiles(root, directory, lake, options, analysis, index);
  RETURN_IF_ERROR(LakeReading(lake, options, ThreadsOf(options)).Finish(merger, analysis));
  analysis.damaged.insert(analysis.damaged.end(), directory.unreadable.begin(), directory.unreadable.end());
  const auto loadings = ReadLoadings(directory.loadings, analysis.damaged);
  for (Group& group : analysis.groups) {
    const auto loading = loadings.find({group.key.device_id, group.key.device_name, group.key.model_name});
    if (loading != loadings.end()) group.load_time_seconds = loading->second.load_time_seconds;
  }
  std::stable_sort(analysis.damaged.begin(), analysis.damaged.end(),
                   [](const Damage& a, const Damage& b) { return a.file < b.file; });
  return analysis;
}

// What an answer depends on.
AnalyzedFiles FilesOf(const MetricsDirectory& directory, const std::vector<lake::PartitionFile>& lake) {
  AnalyzedFiles files{directory.metrics, {}, {}};
  for (const FoundFile& file : directory.loadings) files.others.push_back(file.path);
  for (const lake::PartitionFile& file : lake) files.others.push_back(file.path);
  for (const std::filesystem::path& journal : directory.journals) {
    if (IsHeld(journal)) {  // not read
      files.circumstances += journal.string() + '\n';
      continue;
    }
    std::error_code error;  // what cannot be listed is named as damaged, and no such answer is kept
    for (const auto& entry : std::filesystem::directory_iterator(journal, error)) files.others.push_back(entry.path());
  }
  std::sort(files.others.begin(), files.others.end());
  return files;
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

}  // namespace

Result<Analysis> Analyze(const std::filesystem::path& root, const AnalyzeOptions& options) {
  ASSIGN_OR_RETURN(const MetricsDirectory directory, ListMetrics(root));
  ASSIGN_OR_RETURN(const std::vector<lake::PartitionFile> lake,
                   lake::ListPartitions(options.lake.empty() ? root / lake::kLakeFolder : options.lake));
  if (options.index_maker.empty()) return ReadEverything(root, directory, lake, options, nullptr);
  const AnalyzedFiles files = FilesOf(directory, lake);
  ReadingIndex index(os::SystemFileCalls(), root, options.index_maker, files, options.least_indexed_bytes);
  if (auto answer = index.Answer()) return *std::move(answer);
  ASSIGN_OR_RETURN(Analysis analysis, ReadEverything(root, directory, lake, options, &index));
  index.Finish(analysis);
  return analysis;
}

bool IsDevice(std::string_view device_id, std::string_view device_name, std::string_view asked) {
  return device_name == asked || LowerCase(device_id) == LowerCase(asked);
}

std::vector<Group> GroupsOfDevice(const std::vector<Group>& groups, std::string_view device) {
  std::vector<Group> found;
  std::copy_if(groups.begin(), groups.end(), std::back_inserter(found),
               [&](const Group& group) { return IsDevice(group.key.device_id, group.key.device_name, device); });
  return found;
}

}  // namespace inferometer::analyze
