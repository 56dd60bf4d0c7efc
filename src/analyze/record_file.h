#pragma once
// The records of one metrics file, whole.

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "analyze/directory.h"
#include "analyze/metrics_file.h"
#include "inferometer/record.h"
#include "inferometer/status.h"
#include "store/context.h"

namespace inferometer::analyze {

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

  // Reads `file` and looks through all of it; fails where it is damaged anywhere, with kResourceExhausted where it has
  // more than `most_bytes`. The records of a file of up to kMostKeptBytes are kept, those of a larger one read again by
  // ForEach. `file` must live until the next Load.
  [[nodiscard]] Status Load(const FoundFile& file, std::size_t most_bytes = kLargestFileBytes);
  // Calls `each` for every record of the file; stops at its first failure and returns it. REQUIRES: Load succeeded.
  [[nodiscard]] Status ForEach(const EachRecord& each);
  // What the file holds that no record has: keys beside summary, context and records, and keys in the first two that no
  // reader takes; the summary's device or model, where no record is of it. Joined by commas.
  [[nodiscard]] const std::string& passed_over() const;

  // Records take two to ten times as much as their text.
  static constexpr std::size_t kMostKeptBytes = std::size_t{1} << 20;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::analyze
