#include "analyze/verification.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "analyze/analysis.h"
#include "analyze/cleaned_records.h"
#include "analyze/each_record.h"
#include "analyze/fingerprint_set.h"
#include "analyze/row_builder.h"
#include "analyze/store_folders.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

std::string Text(const SequenceRange& records) {
  return records.from == records.to ? fmt::format("record {}", records.from)
                                    : fmt::format("records {} to {}", records.from, records.to);
}

std::string Text(const StreamName& name, const SequenceRange& records) {
  const bool is_one = records.from == records.to;
  return fmt::format("device {}, stream {}: {} {}", name.device, base::StreamText(name.stream), Text(records),
                     is_one ? "is" : "are");
}

void AddRanges(FindingKind kind, const fs::path& folder, const StreamName& name, const SequenceRanges& ranges,
               std::string_view what, Verification& verification) {
  for (const SequenceRange& one : ranges) {
    verification.Add({.kind = kind,
                      .file = folder.string(),
                      .stream = name,
                      .records = one,
                      .text = fmt::format("{}: {} {}", folder.string(), Text(name, one), what)});
  }
}

const SequenceRanges& RangesOf(const std::map<StreamName, SequenceRanges>& all, const StreamName& name) {
  static const SequenceRanges kNone;
  const auto found = all.find(name);
  return found == all.end() ? kNone : found->second;
}

// One stream of one store.
class StreamCheck {
 public:
  StreamCheck(const StoreKnowledge& store, const StreamName& name, const StreamKnowledge& known,
              const SequenceRanges& in_files, const SequenceRanges& cleaned)
      : store_(store),
        name_(name),
        known_(known),
        in_files_(in_files),
        cleaned_(cleaned),
        seen_(Union(in_files, known.in_journal)) {}

  void Run(Verification& verification) const {
    const std::uint64_t last = Last();
    const SequenceRanges expected = last < known_.first ? SequenceRanges() : SequenceRanges{{known_.first, last}};
    const SequenceRanges explained = Union(Union(Union(seen_, known_.lost), known_.stored), cleaned_);
    const SequenceRanges missing = Without(expected, explained);
    const SequenceRanges acknowledged =
        known_.acknowledged == 0 ? SequenceRanges() : SequenceRanges{{1, known_.acknowledged}};
    const SequenceRanges unknown = Without(missing, acknowledged);
    AddRanges(FindingKind::kMissing, store_.folder, name_, unknown,
              "nowhere: neither in a file, nor in the journal, nor reported lost", verification);
    AddRanges(
        FindingKind::kNotHere, store_.folder, name_, Without(missing, unknown),
        "neither in a file nor in the journal here; as the ledger says, a hub acknowledged what is missing, or it "
        "was in a file while no hub was used",
        verification);
    AddRanges(FindingKind::kStoredNowhere, store_.folder, name_, Without(Without(known_.stored, seen_), cleaned_),
              "stored, as the hub's journal says, but neither in a file nor in the journal", verification);
    const SequenceRanges gone = Without(Without(known_.filed, in_files_), Union(known_.lost, cleaned_));
    AddRanges(FindingKind::kInNoFile, store_.folder, name_, gone,
              "in no file, though saved into one: only the journal still holds what was there", verification);
  }

 private:
  // While somebody writes, a file may hold what came after the journal and its losses were read.
  std::uint64_t Last() const {
    if (store_.is_in_use && store_.is_hub) return known_.settled;
    const std::uint64_t in_journal = std::max(HighestOf(known_.in_journal), known_.last);
    if (store_.is_in_use && !known_.in_journal.empty()) return in_journal;
    return std::max({in_journal, HighestOf(in_files_), HighestOf(known_.stored)});
  }

  const StoreKnowledge& store_;
  const StreamName& name_;
  const StreamKnowledge& known_;
  const SequenceRanges& in_files_;
  const SequenceRanges& cleaned_;
  const SequenceRanges seen_;
};

// The second walk over the files: which record stands where.
class Places {
 public:
  Places(const std::vector<StoreKnowledge>& stores, Verification& verification)
      : folders_(stores), verification_(verification) {}

  Status Take(const RecordOrigin& origin, const InferenceRecord& record) {
    const FoundFile& file = origin.file;
    const std::string name = file.folder_name.value_or("");
    if (files_.empty() || files_.back() != file.path || name_ != name) {
      files_.push_back(file.path);
      name_ = name;
      const bool is_of_lake = origin.json.empty();
      places_.AddFile(is_of_lake ? folders_.StoreOf(file.path, name) : folders_.StoreOf(file.path), is_of_lake);
    }
    verification_.records += static_cast<std::size_t>(counted_.Insert(FingerprintOfRecord(record)));
    // The older system's records have none, and stand in every later file again.
    const auto key = record.record_id ? base::ParseRecordId(*record.record_id)
                                      : Result<base::RecordKey>(Code::kNotFound, "no record_id");
    if (key.ok()) places_.Add(*key);
    return Ok();
  }

  void AddDoubled() {
    for (const DoubledRecords& one : places_.Doubled(kMostFindings)) {
      const std::string first = files_[one.first_file].string();
      const std::string where = one.first_file == one.second_file
                                    ? "twice in it"
                                    : fmt::format("in it and in {} as well", files_[one.second_file].string());
      verification_.Add({.kind = FindingKind::kDoubled,
                         .file = first,
                         .stream = one.stream,
                         .records = one.records,
                         .field = "record_id",
                         .text = fmt::format("{}: {} {}", first, Text(one.stream, one.records), where)});
    }
  }
  [[nodiscard]] const RecordPlaces& places() const { return places_; }

 private:
  const StoreFolders folders_;
  Verification& verification_;
  std::vector<fs::path> files_;
  std::string name_;  // the device's, of the last file
  RecordPlaces places_;
  FingerprintSet counted_;
};

using CleanedByStore = std::map<std::size_t, std::map<StreamName, SequenceRanges>>;

// What `inferometer clean` noted, by the store that its files belonged to.
CleanedByStore ReadCleaned(const fs::path& root, const fs::path& lake, const StoreFolders& folders,
                           Verification& verification) {
  CleanedByStore by_store;
  std::vector<fs::path> noting = FoldersWithCleanedRecords(root);
  if (!lake.empty()) noting.push_back(lake);  // elsewhere; without a note it noted nothing
  for (const fs::path& folder : noting) {
    const auto noted = CleanedRecords::Read(folder);
    if (!noted.ok()) {
      verification.Note("what `inferometer clean` let go cannot be read: " + noted.status().message());
      continue;
    }
    std::uint64_t all = 0;
    std::uint64_t unacknowledged = 0;
    for (const auto& [key, ranges] : noted->ranges()) {
      const fs::path file = folder / "any";
      const std::size_t store =
          key.device_name.empty() ? folders.StoreOf(file) : folders.StoreOf(file, key.device_name);
      SequenceRanges& known = by_store[store][key.stream];
      known = Union(known, ranges);
      all += CountOf(ranges);
      if (key.is_unacknowledged) unacknowledged += CountOf(ranges);
    }
    verification.Note(
        fmt::format("{}: `inferometer clean` let {} records go, {} of them before a hub had acknowledged them",
                    folder.string(), all, unacknowledged));
  }
  return by_store;
}

void AddDamage(const Analysis& analysis, Verification& verification) {
  for (const Damage& one : analysis.damaged) {
    const bool is_named = one.error.find(one.file) != std::string::npos;  // some messages name the file themselves
    verification.Add({.kind = FindingKind::kDamagedFile,
                      .file = one.file,
                      .offset = one.offset_bytes,
                      .text = is_named ? one.error : one.file + ": " + one.error});
  }
}

void AddDisagreements(const Analysis& analysis, Verification& verification) {
  for (const Disagreement& one : analysis.disagreements) {
    const std::string records = one.records ? fmt::format("{}", *one.records) : "nothing";
    verification.Add({.kind = FindingKind::kDisagreement,
                      .file = one.file,
                      .field = one.field,
                      .text = fmt::format("{}: the summary says {} is {}, the records say {}", one.file, one.field,
                                          one.summary, records)});
  }
}

}  // namespace

std::string_view Name(FindingKind kind) {
  switch (kind) {
    case FindingKind::kDamagedFile: return "damaged_file";
    case FindingKind::kDisagreement: return "summary";
    case FindingKind::kDoubled: return "doubled";
    case FindingKind::kJournal: return "journal";
    case FindingKind::kJournalRecord: return "journal_record";
    case FindingKind::kLedger: return "ledger";
    case FindingKind::kMissing: return "missing";
    case FindingKind::kNotHere: return "not_here";
    case FindingKind::kStoredNowhere: return "stored_nowhere";
    case FindingKind::kInNoFile: return "in_no_file";
  }
  return "unknown";
}

void Verification::Add(Finding finding) {
  if (findings.size() < kMostFindings) {
    findings.push_back(std::move(finding));
  } else {
    ++findings_left_out;
  }
}

void Verification::Note(std::string sentence) {
  if (notes.size() < kMostFindings) notes.push_back(std::move(sentence));
}

void Verification::AddLoss(ReportedLoss loss) {
  if (losses.size() < kMostFindings) losses.push_back(std::move(loss));
}

void VerifySequences(const StoreKnowledge& store, const std::map<StreamName, SequenceRanges>& in_files,
                     const std::map<StreamName, SequenceRanges>& cleaned, Verification& verification) {
  for (const auto& [name, known] : store.streams) {
    StreamCheck(store, name, known, RangesOf(in_files, name), RangesOf(cleaned, name)).Run(verification);
  }
  for (const auto& [name, ranges] : in_files) {
    if (store.streams.contains(name)) continue;
    StreamKnowledge nothing;
    if (store.is_hub) nothing.first = ranges.front().from;
    StreamCheck(store, name, nothing, ranges, RangesOf(cleaned, name)).Run(verification);
  }
}

Status VerifyFiles(const fs::path& root, const fs::path& lake, const std::vector<StoreKnowledge>& stores,
                   const std::function<void(std::size_t, std::size_t)>& progress, Verification& verification) {
  AnalyzeOptions options;
  options.progress = progress;
  options.lake = lake;
  ASSIGN_OR_RETURN(const Analysis analysis, Analyze(root, options));
  verification.files += analysis.files_read;
  AddDamage(analysis, verification);
  AddDisagreements(analysis, verification);

  Places places(stores, verification);
  const auto take = [&](const RecordOrigin& origin, const InferenceRecord& record) {
    return places.Take(origin, record);
  };
  RETURN_IF_ERROR(ForEachRecord(root, take, progress, Repeats::kEachTime, lake).status());
  places.AddDoubled();
  CleanedByStore cleaned = ReadCleaned(root, lake, StoreFolders(stores), verification);
  for (std::size_t i = 0; i < stores.size(); ++i) {
    VerifySequences(stores[i], places.places().InStore(i), cleaned[i], verification);
  }
  const StoreKnowledge none{.folder = root};
  VerifySequences(none, places.places().InStore(RecordPlaces::kNoStore), cleaned[RecordPlaces::kNoStore], verification);
  return Ok();
}

}  // namespace inferometer::analyze
