#include "cli/verify_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "analyze/directory.h"
#include "analyze/journal_records.h"
#include "analyze/verification.h"
#include "base/clock.h"
#include "cli/command.h"
#include "cli/journal_look.h"
#include "cli/named_lake.h"
#include "cli/reading_progress.h"
#include "exchange/verification_json.h"
#include "report/terminal_text.h"
#include "report/verification_text.h"
#include "store/segment_format.h"

namespace inferometer::cli {
namespace {

namespace fs = std::filesystem;
using analyze::StoreKnowledge;
using analyze::Verification;

int Say(std::FILE* err, const std::string& sentence) {
  fmt::print(err, "inferometer verify: {}\n", report::TerminalText(sentence));
  return kFailed;
}

// Without a slash at the end, so that the last name is the folder's.
fs::path Plain(const fs::path& folder) {
  fs::path plain = folder.lexically_normal();
  return plain.has_filename() ? plain : plain.parent_path();
}

// One look at a directory. Journals first: what is saved meanwhile then shows in the files.
class Look {
 public:
  Look(const fs::path& root, const fs::path& lake, os::FileCalls& files, std::FILE* err)
      : root_(root), lake_(lake), files_(files), err_(err) {}

  Result<Verification> Run() {
    ASSIGN_OR_RETURN(const auto directory, analyze::ListMetrics(root_));
    const bool is_journal = IsJournal();
    journals_ = is_journal ? std::vector<fs::path>{root_} : directory.journals;
    NoteWriters();
    ASSIGN_OR_RETURN(Verification verification, LookOnce(is_journal));
    // Somebody may have begun to write since, of whom the first look did not know.
    if (!NoteWriters()) return verification;
    return LookOnce(is_journal);
  }

 private:
  bool IsJournal() {
    if (root_.filename() == "journal") return true;
    const auto names = files_.List(root_);
    return names.ok() && std::any_of(names->begin(), names->end(),
                                     [](const std::string& name) { return store::ParseSegmentName(name).has_value(); });
  }

  // Whether there are more than before.
  bool NoteWriters() {
    const std::size_t before = in_use_.size();
    for (const fs::path& journal : journals_) {
      if (analyze::IsHeld(journal)) in_use_.insert(journal);
    }
    return in_use_.size() > before;
  }

  Result<Verification> LookOnce(bool is_journal) {
    Verification verification;
    std::vector<StoreKnowledge> stores;
    for (const fs::path& journal : journals_) TakeJournal(journal, stores, verification);
    if (is_journal) {
      verification.Note(root_.string() +
                        ": only the journal was looked at; whether its records stand in files, and none is missing, "
                        "shows when the folder above is verified");
      return verification;
    }
    const base::SystemClock clock;
    ReadingProgress progress(err_, clock);
    RETURN_IF_ERROR(analyze::VerifyFiles(root_, lake_, stores, progress.Callback(), verification));
    return verification;
  }

  void TakeJournal(const fs::path& journal, std::vector<StoreKnowledge>& stores, Verification& verification) {
    const bool is_in_use = in_use_.contains(journal);
    if (is_in_use) {
      verification.Note(journal.string() + ": in use; what is being written meanwhile is not judged");
    }
    auto known = LookAtJournal(files_, journal, is_in_use, verification);
    if (known.ok()) {
      stores.push_back(std::move(*known));
    } else {
      verification.Add(
          {.kind = analyze::FindingKind::kJournal, .file = journal.string(), .text = known.status().message()});
    }
  }

  const fs::path& root_;
  const fs::path& lake_;
  os::FileCalls& files_;
  std::FILE* err_;
  std::vector<fs::path> journals_;
  std::set<fs::path> in_use_;
};

bool IsEmpty(const Verification& found) {
  return found.files == 0 && found.journals == 0 && found.findings_count() == 0;
}

}  // namespace

int RunVerify(const VerifyArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err) {
  const fs::path root = Plain(arguments.directory);
  const Status named = CheckNamedLake(arguments.lake);
  if (!named.ok()) return Say(err, named.message());
  const auto found = Look(root, arguments.lake, files, err).Run();
  if (!found.ok()) return Say(err, found.status().message());
  if (IsEmpty(*found)) return Say(err, root.string() + ": neither metrics files nor a journal in it");
  const std::string text = arguments.as_json ? exchange::VerificationJson(*found) : report::VerificationText(*found);
  const bool arrived = std::fwrite(text.data(), 1, text.size(), out) == text.size() && std::fflush(out) == 0;
  if (!arrived) return Say(err, "standard output could not be written");
  return found->findings_count() == 0 ? kDone : kFailed;
}

}  // namespace inferometer::cli
