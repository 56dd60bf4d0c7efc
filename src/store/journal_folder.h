#pragma once
// What stands in a journal's folder.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"
#include "store/segment_format.h"

namespace inferometer::store {

// A place in a journal: before everything that has a higher segment, or the same and a higher offset.
struct Position {
  std::uint64_t segment = 0;
  std::uint64_t offset = 0;

  friend auto operator<=>(const Position&, const Position&) = default;
};

struct SegmentInfo {
  std::uint64_t segment = 0;
  StreamId stream = 0;
  std::uint64_t bytes = 0;           // up to where it may be read
  std::uint64_t first_sequence = 0;  // of its numbered entries, damaged or not; 0 and 0: it holds none
  std::uint64_t last_sequence = 0;
  bool is_sealed = false;
  bool is_all_read = true;  // false: not readable throughout, at the start; it may hold more behind last_sequence
  WallTime begun;

  [[nodiscard]] bool has_records() const { return last_sequence != 0; }
  void Note(std::uint64_t sequence) {
    if (first_sequence == 0 || sequence < first_sequence) first_sequence = sequence;
    if (sequence > last_sequence) last_sequence = sequence;
  }
};

struct FolderSurvey {
  std::vector<SegmentInfo> segments;    // in order
  std::vector<std::string> set_aside;   // files that are foreign or cannot be read now, with the reason
  std::vector<std::string> foreign;     // of these, the names of those that are foreign
  std::vector<std::string> unread;      // of these, those that cannot be read now
  std::vector<std::string> unfinished;  // files that a crash left of a segment's creation: they hold nothing
  std::uint64_t highest_segment = 0;    // of every name that was seen
  bool is_whole = true;                 // false: there is more that cannot be read now
  std::uint64_t damaged_places = 0;     // in segments that had to be read through
  std::uint64_t torn_bytes = 0;         // behind the last good entry of segments that a crash ended
};

// How many files the quarantine keeps; the oldest goes.
inline constexpr std::size_t kMostQuarantined = 16;

// Lists and checks the segments of `owner`'s journal. Sealed ones are not read through; what was found in the others is
// made durable. What belongs to somebody else, has another version or no readable header is foreign, and stays where it
// is until SetAside; what a crash left of a segment's creation is removed. Of single files no trouble is an error.
[[nodiscard]] Result<FolderSurvey> SurveyJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                                 const std::string& owner);

// The same, changing nothing. With an empty `owner`, anybody's count.
[[nodiscard]] Result<FolderSurvey> InspectJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                                  const std::string& owner);

// Moves what is foreign into the folder `quarantine`: no later survey sees it. Nothing while more cannot be read, for
// whoever does not go on without that must find both again. An error: some stay where they are, and are passed over
// there, too.
[[nodiscard]] Status SetAside(os::FileCalls& calls, const std::filesystem::path& folder, const FolderSurvey& survey);

}  // namespace inferometer::store
