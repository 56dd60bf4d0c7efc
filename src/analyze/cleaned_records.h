#pragma once
// The note of which records `inferometer clean` let go, so that they are not taken for lost: FOLDER/.cleaned, beside
// the files that held them.

#include <compare>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "analyze/record_places.h"
#include "analyze/sequence_ranges.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::analyze {

struct CleanedKey {
  std::string device_name;  // of a lake's records: the folder that they came from; else empty
  StreamName stream;
  bool is_unacknowledged = false;  // let go by force, before a hub had acknowledged it

  friend auto operator<=>(const CleanedKey&, const CleanedKey&) = default;
};

// One JSON object a line for each range. Records without an id are not in it: nobody misses them by number. One thread
// at a time. Memory and file: some 100 bytes a range.
class CleanedRecords {
 public:
  // Empty where there is none. Lines that are none are passed over. kResourceExhausted beyond 64 MB.
  [[nodiscard]] static Result<CleanedRecords> Read(const std::filesystem::path& folder);
  [[nodiscard]] static CleanedRecords Parse(std::string_view text);
  [[nodiscard]] std::string Text() const;
  // Replaces the note, whole and durably.
  [[nodiscard]] Status Write(os::FileCalls& files, const std::filesystem::path& folder) const;

  void Add(const CleanedKey& key, const SequenceRanges& ranges);
  [[nodiscard]] const std::map<CleanedKey, SequenceRanges>& ranges() const { return ranges_; }

 private:
  std::map<CleanedKey, SequenceRanges> ranges_;
};

// The folders below `root` that have a note, its lake's too, sorted. What cannot be listed has none.
[[nodiscard]] std::vector<std::filesystem::path> FoldersWithCleanedRecords(const std::filesystem::path& root);

}  // namespace inferometer::analyze
