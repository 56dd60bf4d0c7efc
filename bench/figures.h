#pragma once
// Figures of a benchmark, a line each, beside their bounds.

#include <fmt/format.h>

#include <chrono>
#include <string>

namespace inferometer::bench {

class Figures {
 public:
  void Row(const std::string& what, double figure, const char* unit, double bound) {
    const bool within = figure <= bound;
    all_within_ = all_within_ && within;
    fmt::print("{:<58} {:>9.3f} {:<3} at most {:>6.1f} {}\n", what, figure, unit, bound, within ? "ok" : "BEYOND");
  }
  void Row(const std::string& what, double figure, const char* unit) const {
    fmt::print("{:<58} {:>9.3f} {:<3}\n", what, figure, unit);
  }
  [[nodiscard]] int ExitCode() const { return all_within_ ? 0 : 1; }

 private:
  bool all_within_ = true;
};

inline double Microseconds(std::chrono::steady_clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace inferometer::bench
