#pragma once
// Under what conditions a group's records were made, as their files say.

#include <array>
#include <cstddef>
#include <filesystem>
#include <set>
#include <string>
#include <string_view>

#include "analyze/each_record.h"

namespace inferometer::report::html {

struct Condition {
  std::string_view key;   // of the context
  std::string_view name;  // for people
};
inline constexpr std::array<Condition, 12> kConditions = {{{"cpu_model", "Processor"},
                                                           {"cpus_online", "CPUs"},
                                                           {"memory_total_mb", "Memory (MB)"},
                                                           {"kernel", "Kernel"},
                                                           {"power_mode", "Power mode"},
                                                           {"cpu_governor", "Governor"},
                                                           {"engine", "Engine"},
                                                           {"engine_version", "Engine version"},
                                                           {"quantization", "Quantisation"},
                                                           {"threads", "Threads"},
                                                           {"gpu_layers", "GPU layers"},
                                                           {"experiment", "Experiment"}}};

// The values of each condition, at most kMostValues and one to tell that there are more.
class Conditions {
 public:
  void Add(const analyze::RecordOrigin& origin);
  // Sorted, as text.
  [[nodiscard]] const std::set<std::string>& Of(std::size_t condition) const { return values_[condition]; }

  static constexpr std::size_t kMostValues = 4;

 private:
  std::array<std::set<std::string>, kConditions.size()> values_;
  std::filesystem::path last_;  // its context is known
};

}  // namespace inferometer::report::html
