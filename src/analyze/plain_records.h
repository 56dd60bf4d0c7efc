#pragma once
// Reading the records of a metrics file at the speed of memory: the shape of one record says where the numbers of the
// next one stand, so that nothing is looked for. Only an accelerator: it takes plain text with the meaning that the
// simdjson reader gives it, and leaves everything else, all damage included, to that reader.

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "analyze/file_records.h"
#include "analyze/fingerprint.h"
#include "analyze/record_shape.h"
#include "inferometer/record.h"

namespace inferometer::analyze {

// Reads timestamps of one day after another. One thread at a time.
class TimestampReader {
 public:
  // From behind the opening quote to behind the closing one; nullptr for what is not plain.
  const char* Read(const char* place, WallTime* time);

 private:
  const char* ReadAnyForm(const char* place, WallTime* time);

  std::string_view day_text() const { return {day_text_, sizeof day_text_}; }
  char day_text_[11] = {};  // "2025-10-07T"; zeros before the first
  WallTime day_;
};

// Reads ids of one stream after another. One thread at a time.
class IdReader {
 public:
  // FingerprintOfId of the `size` bytes at `place`. REQUIRES: eight more bytes are readable.
  [[nodiscard]] Fingerprint Read(const char* place, std::size_t size);

 private:
  std::string stream_;  // up to and with the slash; empty before the first
  Fingerprint any_of_stream_;
};

// Where the records of a file stand: from behind the list's opening bracket to behind the last record.
struct RecordsPlace {
  std::size_t begin;
  std::size_t end;
};

// Keeps its memory from file to file. One thread at a time.
class PlainRecords {
 public:
  // Adds every record of the file to `records`; nothing when they are not all of the plain form, in which case
  // `records` holds an unknown part of them. REQUIRES: `text` is followed by kFilePaddingBytes zero bytes.
  [[nodiscard]] std::optional<RecordsPlace> Read(std::string_view text, std::optional<std::string_view> folder_name,
                                                 FileRecords& records);

 private:
  const char* One(const char* place, const char* end, std::optional<std::string_view> folder_name,
                  FileRecords& records);
  const char* Match(const char* place, const char* end, FileRecords& records);

  RecordShape shape_;
  Row empty_row_;  // of a record of this shape: everything but its numbers and its time
  TimestampReader timestamps_;
  IdReader ids_;
};

}  // namespace inferometer::analyze
