#pragma once
// The answer of `inferometer verify`: whether what was recorded is all there, once, and whole.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/record_places.h"
#include "analyze/sequence_ranges.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// The version of the answer's layout.
inline constexpr int kVerificationSchemaVersion = 1;
// Findings, and notes, beyond so many are counted only.
inline constexpr std::size_t kMostFindings = 10'000;

enum class FindingKind {
  kDamagedFile,    // a JSON file that cannot be read as one
  kDisagreement,   // a summary block that says something else than its records
  kDoubled,        // records in two files, or twice in one
  kJournal,        // bytes of a journal that are damaged, cut off, foreign or gone
  kJournalRecord,  // an entry that is whole and holds no record
  kLedger,
  kMissing,        // records that are nowhere, and that nobody reported lost
  kNotHere,        // records that are nowhere here, and that the ledger counts as acknowledged
  kStoredNowhere,  // records that a hub says it stores, and that are nowhere
  kInNoFile,       // records that were saved into a file, and now stand in the journal only
};
// "damaged_file": the word in the JSON answer.
[[nodiscard]] std::string_view Name(FindingKind kind);

struct Finding {
  FindingKind kind = FindingKind::kDamagedFile;
  std::string file{};  // or folder; empty where none is to blame
  std::optional<std::uint64_t> offset{};
  std::optional<StreamName> stream{};
  std::optional<SequenceRange> records{};
  std::string field{};
  std::string text{};  // a whole sentence
};

// A range that was reported lost, by whom it concerns.
struct ReportedLoss {
  StreamName stream;
  SequenceRange records;
  std::uint64_t count = 0;
  std::string reason;
};

struct Verification {
  std::size_t files = 0;    // metrics files that could be read
  std::size_t records = 0;  // in them, each once
  std::size_t journals = 0;
  std::size_t segments = 0;  // of all journals
  std::size_t findings_left_out = 0;
  std::vector<Finding> findings;     // journals first, then files, then records
  std::vector<ReportedLoss> losses;  // at most kMostFindings
  std::vector<std::string> notes;    // sentences: nobody is to blame

  void Add(Finding finding);
  void Note(std::string sentence);
  void AddLoss(ReportedLoss loss);
  [[nodiscard]] std::size_t findings_count() const { return findings.size() + findings_left_out; }
};

// What a journal, and whoever keeps it, know of one stream's records.
struct StreamKnowledge {
  SequenceRanges in_journal;       // a set, as all below
  SequenceRanges filed;            // of these: saved into a file, as the journal says
  SequenceRanges stored;           // what a hub believes to have
  SequenceRanges lost;             // reported
  std::uint64_t acknowledged = 0;  // of a device's, as the ledger says
  std::uint64_t first = 1;         // what is before was never this store's
  std::uint64_t last = 0;          // the highest that is known to have been
  std::uint64_t settled = 0;       // a hub awaits nothing up to there
  std::uint64_t handled = 0;       // of a device's: nobody awaits it from here any more, as the ledger says
};

// To whom the records of a store are owed.
enum class Debt {
  kNobody,   // a hub's own, or a device's that never knew a hub
  kHub,      // what is neither handled nor reported lost
  kUnknown,  // there is a journal, and who has what cannot be told
};

// A folder with a journal. Its files are those in it and in the folders below it that have no journal of their own.
struct StoreKnowledge {
  std::filesystem::path folder{};
  // Somebody writes there: what came after the journal was read is not judged.
  bool is_in_use = false;
  // A hub's: a stream of which it knows nothing may begin anywhere, since it forgets some; a device's begins at 1. What
  // a hub that is in use still awaits is not missing.
  bool is_hub = false;
  Debt debt = Debt::kNobody;
  std::map<StreamName, StreamKnowledge> streams{};
};

// Checks every metrics file below `root` and its lake (empty: the folder "lake" in it), and each sequence of each
// stream: it must stand in a file or the journal, or be reported lost. Adds to `verification`. REQUIRES: the journals
// were read before the files are, so that what moves from one to the other meanwhile is seen. Fails as ListMetrics.
// Memory: as Analyze, RecordPlaces and a FingerprintSet of all records.
[[nodiscard]] Status VerifyFiles(const std::filesystem::path& root, const std::filesystem::path& lake,
                                 const std::vector<StoreKnowledge>& stores,
                                 const std::function<void(std::size_t, std::size_t)>& progress,
                                 Verification& verification);

// The same for what is known already. `cleaned` went by `inferometer clean`, which noted it. Pure.
void VerifySequences(const StoreKnowledge& store, const std::map<StreamName, SequenceRanges>& in_files,
                     const std::map<StreamName, SequenceRanges>& cleaned, Verification& verification);

}  // namespace inferometer::analyze
