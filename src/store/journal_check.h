#pragma once
// Looks a whole journal through and says what is wrong with it. Changes nothing on disk.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "os/files.h"
#include "store/journal_folder.h"
#include "store/journal_reader.h"

namespace inferometer::store {

struct JournalFault {
  enum class Kind {
    kDamaged,     // bytes that were durable and are not good
    kCutShort,    // records at its end that were durable and cannot be read
    kForeign,     // a segment that is somebody else's, of another version, or has no readable header
    kUnreadable,  // the system does not let it be read
    kMissing,     // a segment between others is gone
  };
  Kind kind = Kind::kDamaged;
  std::filesystem::path file;
  std::optional<std::uint64_t> offset{};  // in bytes; nothing where no byte is to blame
  std::string text;                       // what is wrong, without the file and the offset
};

struct JournalCheck {
  std::size_t segments = 0;          // that could be read, at least in part
  std::vector<JournalFault> faults;  // in the order of the segments
  std::vector<std::string> notes;    // what an operator may want to know and nobody is to blame for
};

// Whose journal it is, by its newest segment with a readable header. Empty: there is none.
[[nodiscard]] std::string OwnerOfJournal(os::FileCalls& calls, const std::filesystem::path& folder);

// Reads every segment of `owner`'s through, the sealed ones too, and hands each good entry to `take`, in the journal's
// order, checkpoints and seals as well. While somebody writes there (`is_in_use`), the end of the newest segment and
// segments that go meanwhile are not judged. An error only when the folder cannot be listed. Memory: one entry.
[[nodiscard]] Result<JournalCheck> CheckJournal(os::FileCalls& calls, const std::filesystem::path& folder,
                                                const std::string& owner, bool is_in_use,
                                                const std::function<void(const JournalReader::Found& found)>& take);

}  // namespace inferometer::store
