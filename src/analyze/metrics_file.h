#pragma once
// Reading one metrics file for the statistics.

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "analyze/file_records.h"
#include "inferometer/status.h"

namespace inferometer::analyze {

// What must be readable behind the text of a file: zero bytes.
inline constexpr std::size_t kFilePaddingBytes = 512;
inline constexpr std::size_t kLargestFileBytes = std::size_t{1} << 30;

// Reads our layout and that of the older system, keeping the parser's memory from file to file. One thread at a time.
class MetricsFileReader {
 public:
  MetricsFileReader();
  ~MetricsFileReader();
  MetricsFileReader(const MetricsFileReader&) = delete;
  MetricsFileReader& operator=(const MetricsFileReader&) = delete;

  // Fills `records` with the whole file, or fails at the first damage with its byte and field; `records` then holds
  // nothing of use. `folder_name` names the device; without one its id does. REQUIRES: `text` is followed by
  // kFilePaddingBytes zero bytes.
  //
  // Records of the plain form go through analyze/plain_records.h, everything else through simdjson; the answer is the
  // same either way.
  [[nodiscard]] Status Read(std::string_view text, std::optional<std::string_view> folder_name, FileRecords& records);

  // The same by simdjson alone: what Read is measured against.
  [[nodiscard]] Status ReadBySimdjson(std::string_view text, std::optional<std::string_view> folder_name,
                                      FileRecords& records);

 private:
  [[nodiscard]] bool ReadPlain(std::string_view text, std::optional<std::string_view> folder_name,
                               FileRecords& records);

  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::analyze
