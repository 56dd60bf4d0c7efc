#pragma once
// A journal, whosever it is, looked through.

#include <filesystem>

#include "analyze/verification.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::cli {

// As analyze::VerifyDeviceJournal, or hub::VerifyHubJournal where it is a hub's. Changes nothing on disk.
[[nodiscard]] Result<analyze::StoreKnowledge> LookAtJournal(os::FileCalls& files, const std::filesystem::path& journal,
                                                            bool is_in_use, analyze::Verification& verification);

}  // namespace inferometer::cli
