#pragma once
// Makes the JSON files from the journal, each record in exactly one of them whatever crashes when.

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "inferometer/status.h"
#include "store/journal.h"
#include "store/journal_reader.h"
#include "store/metrics_folder.h"

namespace inferometer::store {

// A file that is about to be made, or is: of every unsaved record of the device up to the journal's record `upto` of
// `stream`.
struct FilePlan {
  std::string device;
  std::string name;
  StreamId stream = 0;
  std::uint64_t upto = 0;

  friend bool operator==(const FilePlan&, const FilePlan&) = default;
};
// The payload of the entries saving and saved, and back.
[[nodiscard]] std::string EncodePlans(const std::vector<FilePlan>& plans);
[[nodiscard]] Result<std::vector<FilePlan>> DecodePlans(std::string_view payload);

// A record's stream and its sequence there.
using RecordName = std::pair<StreamId, std::uint64_t>;

struct FailedSave {
  std::string device;
  Status why;
};

// What a save did.
struct SaveOutcome {
  std::vector<SavedFile> saved;
  std::vector<FailedSave> failures;         // one a file that could not be made
  std::vector<RecordName> damaged_records;  // which the journal did not give back
};

// Which records of a journal are in no file yet, and the making of the files. The order of a save makes it exact: the
// intent into the journal, the file, then the journal's note that it is there; after a crash between these, a file
// that is there counts. So a save that failed is repeated as it was planned, because its file may be there, too. One
// thread at a time, the journal's.
class RecordFiles {
 public:
  struct Sources {
    // The folder of a device, prepared. An error fails that device's save only.
    std::function<Result<MetricsFolder*>(const std::string& device)> folder;
    // The context of a device's records of a run, a JSON object.
    std::function<std::string(const std::string& device, StreamId stream)> context;
    // The line that stands in the file, from the journal's payload. kDataLoss: there is none, for good.
    std::function<Result<std::string>(const Entry& entry)> line;
  };
  // REQUIRES: most_records_a_file > 0
  RecordFiles(os::FileCalls& calls, const std::filesystem::path& journal_folder, Sources sources,
              std::size_t most_records_a_file);

  // A record is durable in the journal.
  void NoteRecord(const std::string& device, StreamId stream, std::uint64_t sequence, Position position);
  // What replaying a journal meets; call Replayed at its end.
  void NoteSaving(std::string_view payload);
  void NoteSaved(std::string_view payload);
  void Replayed();

  [[nodiscard]] std::size_t unsaved() const { return unsaved_count_; }
  [[nodiscard]] std::size_t unsaved(const std::string& device) const;
  // Devices with unsaved records.
  [[nodiscard]] std::vector<std::string> devices() const;
  // Nothing before it is unsaved; nothing when everything is saved.
  [[nodiscard]] std::optional<Position> first_unsaved() const;
  [[nodiscard]] std::optional<Position> first_unsaved(const std::string& device) const;
  // The records of a segment that is given up will be in no file. Returns their sequences.
  std::vector<std::uint64_t> Forget(std::uint64_t segment);

  // Makes a file of the unsaved records of each device: of the first `most_records_a_file` of one run. Without the
  // journal's intent no file is begun: its error is returned, and everything is unsaved as before. A record that cannot
  // be read back in several saves is left out, and named.
  [[nodiscard]] Result<SaveOutcome> Save(const std::vector<std::string>& devices, Journal& journal);

 private:
  struct Unsaved {
    StreamId stream;
    std::uint64_t sequence;
    Position position;
  };
  using Queue = std::deque<Unsaved>;

  // What a file is made of.
  struct Lines {
    std::vector<std::string> texts;
    std::vector<RecordName> records;  // one a text
    std::vector<RecordName> damaged;
  };

  [[nodiscard]] std::vector<FilePlan> Plan(const std::vector<std::string>& devices, SaveOutcome& outcome);
  [[nodiscard]] Result<FilePlan> PlanFor(const std::string& device, const Queue& queue);
  [[nodiscard]] std::size_t CountUpTo(const std::string& device, StreamId stream, std::uint64_t upto) const;
  void PopSaved(const FilePlan& plan);
  [[nodiscard]] bool IsThere(const FilePlan& plan);
  [[nodiscard]] Status MakeFile(const FilePlan& plan, SaveOutcome& outcome);
  [[nodiscard]] Result<Lines> ReadLines(const FilePlan& plan);
  [[nodiscard]] Result<std::string> ReadLine(const std::string& device, const Unsaved& one);
  [[nodiscard]] Result<SavedFile> WriteFile(const FilePlan& plan, Lines& lines);

  EntryFetcher fetcher_;
  Sources sources_;
  const std::size_t most_records_;
  std::map<std::string, Queue> queues_;
  std::size_t unsaved_count_ = 0;
  std::map<std::string, FilePlan> failed_;   // by device: saves whose file may be there all the same
  std::map<std::string, int> unreadable_;    // by device: saves in a row that a record could not be read for
  std::map<std::string, FilePlan> intents_;  // by device: the replay's latest, not known to be done
  std::vector<FilePlan> done_;               // which the journal has no note of yet
};

}  // namespace inferometer::store
