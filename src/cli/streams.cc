#include "cli/streams.h"

#include <fmt/format.h>

#include "report/terminal_text.h"

namespace inferometer::cli {

void Streams::Data(std::string_view text) {
  failed_ = std::fwrite(text.data(), 1, text.size(), out_) != text.size() || failed_;
}

void Streams::Say(const std::string& sentence) {
  const std::string line = fmt::format("inferometer {}: {}\n", command_, report::TerminalText(sentence));
  std::fwrite(line.data(), 1, line.size(), err_);
}

void Streams::SayDamage(const std::vector<analyze::Damage>& damaged) {
  for (const analyze::Damage& damage : damaged) {
    // Some messages name the file themselves.
    const bool is_named = damage.error.find(damage.file) != std::string::npos;
    Say((is_named ? damage.error : damage.file + ": " + damage.error) + "; left out");
  }
}

bool Streams::Arrived() {
  failed_ = std::fflush(out_) != 0 || failed_;
  if (failed_) Say("standard output could not be written");
  return !failed_;
}

}  // namespace inferometer::cli
