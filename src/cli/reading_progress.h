#pragma once
// How far the reading of many files is.

#include <chrono>
#include <cstdio>
#include <functional>

#include "base/clock.h"

namespace inferometer::cli {

// "reading 120 of 1000 files", on a terminal, after a second; goes away with it. `clock` must outlive it.
class ReadingProgress {
 public:
  ReadingProgress(std::FILE* err, const base::Clock& clock);
  ~ReadingProgress();
  ReadingProgress(const ReadingProgress&) = delete;
  ReadingProgress& operator=(const ReadingProgress&) = delete;

  // Takes how many files are done, and of how many; must not outlive this. Nothing where nobody would see it.
  [[nodiscard]] std::function<void(std::size_t, std::size_t)> Callback();

 private:
  void Show(std::size_t done, std::size_t all);

  std::FILE* err_;
  const base::Clock& clock_;
  bool on_terminal_;
  std::chrono::nanoseconds next_;
  bool shown_ = false;
};

}  // namespace inferometer::cli
