#include "cli/bench_progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <string>

#include "report/terminal_text.h"

namespace inferometer::cli {

BenchProgressLine::BenchProgressLine(const trial::BenchPlan& plan, std::FILE* err, const base::Clock& clock)
    : plan_(plan), err_(err), clock_(clock), on_terminal_(::isatty(::fileno(err)) == 1), begin_(clock.Steady()) {}

BenchProgressLine::~BenchProgressLine() {
  if (shown_) std::fputs("\r\x1b[K", err_);
}

void BenchProgressLine::Show(const trial::BenchProgress& progress) {
  if (!on_terminal_) return;
  ++runs_;
  shown_ = true;
  std::string of = "pilot";
  std::string left;
  if (progress.blocks) {
    const std::size_t done = progress.block * RunsInBlock(plan_) + progress.run + 1;
    const std::size_t all = *progress.blocks * RunsInBlock(plan_);
    const double seconds = std::chrono::duration<double>(clock_.Steady() - begin_).count() / static_cast<double>(runs_);
    of = fmt::format("of {}", *progress.blocks);
    left = fmt::format(", {:.0f} s left", seconds * static_cast<double>(all > done ? all - done : 0));
  }
  fmt::print(err_, "\r\x1b[Kblock {} ({}), run {} of {}: {}, {}{}", progress.block + 1, of, progress.run + 1,
             RunsInBlock(plan_), report::TerminalText(plan_.arms[progress.arm].name),
             report::TerminalText(plan_.workloads[progress.workload].id), left);
  std::fflush(err_);
}

}  // namespace inferometer::cli
