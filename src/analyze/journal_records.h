#pragma once
// What a device's journal holds and no metrics file does.

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "analyze/directory.h"
#include "analyze/each_record.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::analyze {

// Calls `each` for every record of `journal` that stands in no file, as far as the journal says, in its order, with the
// context of its run; stops at the first failure and returns it. `folder_name` is that of the folder that the journal
// stands in. A hub's journal gives none: its records get their final times when the hub makes a file of them. Changes
// nothing on disk. REQUIRES: nobody writes there. kDataLoss, naming the place, for an entry that is no record.
[[nodiscard]] Status ForEachUnsaved(os::FileCalls& calls, const std::filesystem::path& journal,
                                    const std::optional<std::string>& folder_name, const EachRecord& each);

// The same for every journal of a directory, but for those that a program holds at the moment: it saves them. What is
// wrong with a journal is put into `damaged`, once a journal, and the rest of it left out. A failure of `each` only.
[[nodiscard]] Status ForEachUnsavedIn(os::FileCalls& calls, const std::filesystem::path& root,
                                      std::span<const std::filesystem::path> journals, const EachRecord& each,
                                      std::vector<Damage>& damaged);

// Whether a program holds the folder that the journal stands in.
[[nodiscard]] bool IsHeld(const std::filesystem::path& journal);

}  // namespace inferometer::analyze
