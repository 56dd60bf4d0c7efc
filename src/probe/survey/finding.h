#pragma once
// What was found out about one thing that this machine can or cannot measure, and what reading it costs.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace inferometer::probe {

enum class FindingGroup { kTime, kCpu, kMemory, kEnergy, kHeat, kMachine };

enum class FindingState {
  kUsed,       // the records' figures come from it
  kAvailable,  // works, and a better one is used
  kAbsent,     // this machine has no such thing
  kDenied,     // it is there and may not be read; next_steps say what allows it
  kUnusable,   // it is there and gives nothing that could be trusted
};

struct Finding {
  FindingGroup group;
  std::string name;
  FindingState state;
  std::string detail;                   // for people; may hold text from files
  std::vector<std::string> next_steps;  // commands and sentences, in order; empty: nothing to do
  std::optional<double> cost_us;        // of a warm reading: the median, of heat the quickest
  std::optional<double> step_ms;        // how old a reading may be
};

[[nodiscard]] constexpr std::string_view NameOf(FindingGroup group) {
  switch (group) {
    case FindingGroup::kTime: return "time";
    case FindingGroup::kCpu: return "cpu";
    case FindingGroup::kMemory: return "memory";
    case FindingGroup::kEnergy: return "energy";
    case FindingGroup::kHeat: return "heat";
    case FindingGroup::kMachine: return "machine";
  }
  return "";
}

[[nodiscard]] constexpr std::string_view NameOf(FindingState state) {
  switch (state) {
    case FindingState::kUsed: return "used";
    case FindingState::kAvailable: return "available";
    case FindingState::kAbsent: return "absent";
    case FindingState::kDenied: return "denied";
    case FindingState::kUnusable: return "unusable";
  }
  return "";
}

}  // namespace inferometer::probe
