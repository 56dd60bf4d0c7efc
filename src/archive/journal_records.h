#pragma once
// What a device's journal holds and no metrics file does.

#include <filesystem>
#include <optional>
#include <string>

#include "analyze/each_record.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::archive {

// Calls `each` for every record of `journal` that stands in no file, as far as the journal says, in its order, with the
// context of its run; stops at the first failure and returns it. `folder_name` is that of the folder that the journal
// stands in. A hub's journal gives none: its records get their final times when the hub makes a file of them. Changes
// nothing on disk. REQUIRES: nobody writes there. kDataLoss, naming the place, for an entry that is no record.
[[nodiscard]] Status ForEachUnsaved(os::FileCalls& calls, const std::filesystem::path& journal,
                                    const std::optional<std::string>& folder_name, const analyze::EachRecord& each);

}  // namespace inferometer::archive
