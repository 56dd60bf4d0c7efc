#pragma once
// Figures beside their bounds.

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace inferometer::checks {

// Prints each figure as it comes. One thread.
class Sheet {
 public:
  void Title(std::string_view title) const { fmt::print("\n{}\n", title); }
  void AtMost(std::string_view what, double figure, double bound, std::string_view unit) {
    Print(what, figure, figure <= bound, fmt::format("at most {:.4g} {}", bound, unit), unit);
  }
  void AtLeast(std::string_view what, double figure, double bound, std::string_view unit) {
    Print(what, figure, figure >= bound, fmt::format("at least {:.4g} {}", bound, unit), unit);
  }
  void Holds(std::string_view what, bool holds) {
    all_within_ = all_within_ && holds;
    fmt::print("  {:<74} {:>21} {}\n", what, "", holds ? "ok" : "NOT SO");
  }
  void Note(std::string_view what, double figure, std::string_view unit) const {
    fmt::print("  {:<74} {:>12.4f} {:<8}\n", what, figure, unit);
  }
  void Say(std::string_view text) const { fmt::print("  {}\n", text); }

  [[nodiscard]] bool all_within() const { return all_within_; }

 private:
  void Print(std::string_view what, double figure, bool within, std::string_view bound, std::string_view unit) {
    all_within_ = all_within_ && within;
    fmt::print("  {:<74} {:>12.4f} {:<8} {:<7} ({})\n", what, figure, unit, within ? "ok" : "BEYOND", bound);
    std::fflush(stdout);
  }

  bool all_within_ = true;
};

}  // namespace inferometer::checks
