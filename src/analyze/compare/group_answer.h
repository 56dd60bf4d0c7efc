#pragma once
// The answer of `inferometer analyze --compare` beside the ranking: every group of records against the first.

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "analyze/compare/record_choice.h"
#include "analyze/compare/run_comparison.h"
#include "analyze/compare/run_rows.h"

namespace inferometer::analyze {

struct GroupAnswer {
  std::vector<std::string> by;      // fields
  std::vector<std::string> groups;  // "edge-1, SmolLM2": the first is what the others are held against
  std::size_t left_out = 0;         // groups beyond kMostGroups
  CompareRules rules;
  std::vector<GroupComparison> comparisons;  // metric by metric
};
inline constexpr std::size_t kMostGroups = 50;

// Sorts records into groups by some fields. The groups' order is that of their names, so that no figure decides which
// is the first.
class Grouping {
 public:
  explicit Grouping(std::vector<std::string> by) : by_(std::move(by)) {}
  void Add(const RecordOrigin& origin, const InferenceRecord& record);
  // Takes what was added.
  [[nodiscard]] GroupAnswer Compare(const CompareRules& rules) &&;

 private:
  std::vector<std::string> by_;
  std::map<std::string, std::size_t> arms_;  // by the group's name
  RunRows rows_;
};

}  // namespace inferometer::analyze
