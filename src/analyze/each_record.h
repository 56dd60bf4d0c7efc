#pragma once
// Every record of a metrics directory, whole, one after another.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/analysis.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::analyze {

// What came of a walk over all records.
struct RecordsRead {
  std::size_t files_read = 0;
  std::vector<Damage> damaged;  // sorted by file
};

// Where a record stands. Lives for the call only.
struct RecordOrigin {
  const FoundFile& file;
  const store::Context& context;    // of the run that wrote the file; empty where it says nothing
  std::string_view json{};          // the record as it stands there; empty for one of a lake
  std::string_view other_fields{};  // for one of a lake: its JSON object of keys that the field table does not know
};
// The record's keys that the field table does not know, as one JSON object; empty where there are none.
[[nodiscard]] Result<std::string> OtherFieldsOf(const RecordOrigin& origin);

using EachRecord = std::function<Status(const RecordOrigin&, const InferenceRecord&)>;

// The records of one file after another. Keeps its memory from file to file. One thread at a time.
class RecordFile {
 public:
  RecordFile();
  ~RecordFile();
  RecordFile(const RecordFile&) = delete;
  RecordFile& operator=(const RecordFile&) = delete;

  // Reads `file` and looks through all of it; fails where it is damaged anywhere. `file` must live until the next Load.
  [[nodiscard]] Status Load(const FoundFile& file);
  // Calls `each` for every record of the file; stops at its first failure and returns it. REQUIRES: Load succeeded.
  [[nodiscard]] Status ForEach(const EachRecord& each);
  // What the file holds that no reader takes: keys beside summary, context and records. Joined by commas.
  [[nodiscard]] const std::string& passed_over() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

enum class Repeats {
  kOnce,      // a record that stands in several places is given once: at most 43 bytes a record of the metrics files to
              // tell which came already
  kEachTime,  // it is given as often as it stands in files and lake; what journals hold is not given
};

// Calls `each` for every record of the metrics files, in the order of their paths and of the files, then for those of
// journals that no program holds and that stand in no file yet, then for those of the lake (empty: the folder "lake" of
// `root`, where there is one) that stand in none of them. A damaged metrics file gives none; a damaged file of the lake
// those before the damage. Memory: one file, and what `repeats` says. Stops at the first failure of `each` and returns
// it. kUnavailable where there is a lake and no DuckDB.
[[nodiscard]] Result<RecordsRead> ForEachRecord(const std::filesystem::path& root, const EachRecord& each,
                                                const std::function<void(std::size_t, std::size_t)>& progress = nullptr,
                                                Repeats repeats = Repeats::kOnce,
                                                const std::filesystem::path& lake = {});

}  // namespace inferometer::analyze
