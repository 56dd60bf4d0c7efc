#pragma once
// What a hub's journal knows of the records of all its devices, for the verification.

#include <filesystem>

#include "analyze/verification.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::hub {

// Looks the journal through, and makes the dedup state again, as a start of the hub would: from the newest checkpoint
// and the entries behind it. The store is the folder that the journal stands in. Changes nothing on disk. Memory: the
// dedup state, and as analyze::KnowledgeGatherer.
[[nodiscard]] Result<analyze::StoreKnowledge> VerifyHubJournal(os::FileCalls& calls,
                                                               const std::filesystem::path& folder, bool is_in_use,
                                                               analyze::Verification& verification);

}  // namespace inferometer::hub
