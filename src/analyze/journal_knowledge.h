#pragma once
// What a journal knows of the records that were kept with it, for the verification.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include "analyze/verification.h"
#include "inferometer/status.h"
#include "os/files.h"
#include "store/journal_check.h"

namespace inferometer::analyze {

// Gathers what the entries say, in the journal's order. Memory: 16 bytes for each run of sequences, and 32 for each
// record that the journal has no note of a file for.
class KnowledgeGatherer {
 public:
  // `found` is the entry of the record `sequence` of `name`.
  void TakeRecord(const StreamName& name, std::uint64_t sequence, const store::JournalReader::Found& found);
  // An entry of type saved. kDataLoss for one that is none.
  [[nodiscard]] Status TakeSaved(std::string_view payload);
  StreamKnowledge& Of(const StreamName& name) { return streams_[name]; }
  // Records without a note of a file.
  [[nodiscard]] std::size_t unsaved() const;
  // Makes sets of all ranges. The gatherer is empty afterwards.
  [[nodiscard]] std::map<StreamName, StreamKnowledge> Finish();

 private:
  struct Unsaved {
    store::StreamId journal_stream = 0;
    std::uint64_t journal_sequence = 0;
    std::uint64_t stream = 0;  // of the record
    std::uint64_t sequence = 0;
  };

  std::map<StreamName, StreamKnowledge> streams_;
  std::map<std::string, std::deque<Unsaved>> unsaved_;  // by device
};

// What CheckJournal found, as findings, notes and totals.
void AddJournalCheck(const store::JournalCheck& check, Verification& verification);
// An entry that is whole and does not hold what it should.
void AddBadEntry(const std::filesystem::path& folder, const store::JournalReader::Found& found, std::string_view why,
                 Verification& verification);

// Looks through the journal of the device `owner`, and its ledger. The store is the folder that the journal stands in.
[[nodiscard]] Result<StoreKnowledge> VerifyDeviceJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                                         const std::string& owner, bool is_in_use,
                                                         Verification& verification);

}  // namespace inferometer::analyze
