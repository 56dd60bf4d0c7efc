// The truth checks: real probes against truths that are known, every figure beside its bound.
//   bench-truth [--quick] [--soak SECONDS] [NUMBER...]     default: all of them; the soak of 14 takes 30 minutes
// Exit code 1 when a bound is passed. Check 11, 12 and the whole program are in bench/truth.
#include <charconv>
#include <cstdio>
#include <cstring>
#include <string_view>
#include <vector>

#include "checks.h"

namespace inferometer::checks {
namespace {

struct Check {
  int number;
  void (*run)(Sheet& sheet, const Extent& extent);
};

constexpr Check kChecks[] = {
    {1, CpuTime}, {2, Memory},      {3, PeakReset},   {4, RaplWraps}, {5, RaplScopes},   {6, RaplFailures},
    {7, Gauges},  {8, OtherMeters}, {9, HeatSources}, {10, Timing},   {14, Concurrency},
};

int Usage() {
  std::fputs("usage: bench-truth [--quick] [--soak SECONDS] [NUMBER...]\n", stderr);
  return 2;
}

bool ReadNumber(std::string_view text, int& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && number > 0;
}

bool IsWanted(int number, const std::vector<int>& numbers) {
  if (numbers.empty()) return true;
  for (const int wanted : numbers) {
    if (wanted == number) return true;
  }
  return false;
}

int Run(const std::vector<std::string_view>& arguments) {
  Extent extent;
  std::vector<int> numbers;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    int number = 0;
    if (arguments[i] == "--quick") {
      extent.quick = true;
    } else if (arguments[i] == "--soak" && i + 1 < arguments.size() && ReadNumber(arguments[i + 1], number)) {
      extent.soak = std::chrono::seconds(number);
      ++i;
    } else if (ReadNumber(arguments[i], number)) {
      numbers.push_back(number);
    } else {
      return Usage();
    }
  }
  Sheet sheet;
  for (const Check& check : kChecks) {
    if (IsWanted(check.number, numbers)) check.run(sheet, extent);
  }
  return sheet.all_within() ? 0 : 1;
}

}  // namespace
}  // namespace inferometer::checks

int main(int argc, char** argv) { return inferometer::checks::Run({argv + 1, argv + argc}); }
