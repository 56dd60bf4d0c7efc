#include "cli/reading_progress.h"

#include <unistd.h>

namespace inferometer::cli {
namespace {

constexpr std::chrono::nanoseconds kFirst = std::chrono::seconds(1);
constexpr std::chrono::nanoseconds kNext = std::chrono::milliseconds(100);

}  // namespace

ReadingProgress::ReadingProgress(std::FILE* err, const base::Clock& clock)
    : err_(err), clock_(clock), on_terminal_(::isatty(::fileno(err)) == 1), next_(clock.Steady() + kFirst) {}

ReadingProgress::~ReadingProgress() {
  if (shown_) std::fputs("\r\x1b[K", err_);
}

std::function<void(std::size_t, std::size_t)> ReadingProgress::Callback() {
  if (!on_terminal_) return nullptr;
  return [this](std::size_t done, std::size_t all) { Show(done, all); };
}

void ReadingProgress::Show(std::size_t done, std::size_t all) {
  if (clock_.Steady() < next_) return;
  next_ = clock_.Steady() + kNext;
  shown_ = true;
  std::fprintf(err_, "\rreading %zu of %zu files", done, all);
  std::fflush(err_);
}

}  // namespace inferometer::cli
