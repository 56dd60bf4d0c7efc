#include "cli/reported_losses.h"

#include <fmt/format.h>

#include <utility>

#include "analyze/directory.h"
#include "analyze/journal_knowledge.h"
#include "hub/journal_knowledge.h"
#include "store/journal_check.h"

namespace inferometer::cli {
namespace {

constexpr std::string_view kHubOwner = "hub";

}  // namespace

ReportedLosses LossesIn(const std::filesystem::path& root, os::FileCalls& files) {
  ReportedLosses reported;
  analyze::Verification verification;
  const auto directory = analyze::ListMetrics(root);
  if (!directory.ok()) return reported;
  const auto say = [&](const std::string& what, const std::string& why) {
    const bool is_named = why.find(what) != std::string::npos;
    reported.problems.push_back((is_named ? why : what + ": " + why) +
                                "; its losses may not all be told (inferometer verify says more)");
  };
  for (const std::filesystem::path& journal : directory->journals) {
    const std::string owner = store::OwnerOfJournal(files, journal);
    const Status looked = owner == kHubOwner
                              ? hub::VerifyHubJournal(files, journal, true, verification).status()
                              : analyze::VerifyDeviceJournal(files, journal, owner, true, verification).status();
    if (!looked.ok()) say(journal.string(), looked.message());
  }
  for (const analyze::Finding& finding : verification.findings) {
    if (finding.kind == analyze::FindingKind::kLedger) say(finding.file, finding.text);
  }
  if (verification.losses.size() == analyze::kMostFindings) {
    say(root.string(), fmt::format("its journals report more than {} losses", analyze::kMostFindings - 1));
  }
  reported.losses = std::move(verification.losses);
  return reported;
}

}  // namespace inferometer::cli
