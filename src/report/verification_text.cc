#include "report/verification_text.h"

#include <fmt/format.h>

#include <cstdint>
#include <map>
#include <string_view>

#include "base/record_key.h"
#include "report/terminal_text.h"

namespace inferometer::report {
namespace {

constexpr std::size_t kMostLossesShown = 20;

void AppendLine(std::string_view kind, const std::string& sentence, std::string& out) {
  out.append(kind).append(": ").append(TerminalText(sentence)).append("\n");
}

std::string Counted(std::size_t count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

void AppendLosses(const analyze::Verification& verification, std::string& out) {
  std::map<std::string, std::uint64_t> by_reason;
  std::size_t shown = 0;
  for (const analyze::ReportedLoss& one : verification.losses) {
    by_reason[one.reason] += one.count;
    if (++shown > kMostLossesShown) continue;
    AppendLine(
        "lost",
        fmt::format("device {}, stream {}: {} of records {} to {}, {}", one.stream.device,
                    base::StreamText(one.stream.stream), one.count, one.records.from, one.records.to, one.reason),
        out);
  }
  if (by_reason.empty()) return;
  std::string counts;
  for (const auto& [reason, count] : by_reason)
    counts += fmt::format("{}{} {}", counts.empty() ? "" : ", ", reason, count);
  AppendLine("lost", fmt::format("{} in all: {}", Counted(verification.losses.size(), "report"), counts), out);
}

}  // namespace

std::string VerificationText(const analyze::Verification& verification) {
  std::string out;
  for (const analyze::Finding& one : verification.findings) AppendLine("finding", one.text, out);
  if (verification.findings_left_out > 0) {
    AppendLine("finding", fmt::format("{} more", verification.findings_left_out), out);
  }
  for (const std::string& one : verification.notes) AppendLine("note", one, out);
  AppendLosses(verification, out);
  out += fmt::format("{}, {}, {}, {}, {}\n", Counted(verification.files, "file"),
                     Counted(verification.records, "record"), Counted(verification.journals, "journal"),
                     Counted(verification.segments, "segment"), Counted(verification.findings_count(), "finding"));
  return out;
}

}  // namespace inferometer::report
