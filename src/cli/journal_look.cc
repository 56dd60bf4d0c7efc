#include "cli/journal_look.h"

#include <string>

#include "analyze/journal_knowledge.h"
#include "hub/journal_knowledge.h"
#include "store/journal_check.h"

namespace inferometer::cli {

Result<analyze::StoreKnowledge> LookAtJournal(os::FileCalls& files, const std::filesystem::path& journal,
                                              bool is_in_use, analyze::Verification& verification) {
  const std::string owner = store::OwnerOfJournal(files, journal);
  if (owner == "hub") return hub::VerifyHubJournal(files, journal, is_in_use, verification);
  return analyze::VerifyDeviceJournal(files, journal, owner, is_in_use, verification);
}

}  // namespace inferometer::cli
