#include "analyze/compare/group_answer.h"

namespace inferometer::analyze {
namespace {

constexpr const char* kNotRecorded = "not recorded";

}  // namespace

void Grouping::Add(const RecordOrigin& origin, const InferenceRecord& record) {
  std::string name;
  for (const std::string& field : by_) {
    name += (name.empty() ? "" : ", ") + FieldText(field, origin, record).value_or(kNotRecorded);
  }
  const std::size_t arm = arms_.emplace(std::move(name), arms_.size()).first->second;
  rows_.Add(arm, origin, record);
}

GroupAnswer Grouping::Compare(const CompareRules& rules) && {
  GroupAnswer answer;
  answer.by = by_;
  answer.rules = rules;
  std::vector<std::size_t> arms;
  for (const auto& [name, arm] : arms_) {
    if (arms.size() == kMostGroups) break;
    answer.groups.push_back(name);
    arms.push_back(arm);
  }
  answer.left_out = arms_.size() - arms.size();
  RunQuestion question{rules, {}, by_};
  for (std::size_t metric = 0; metric < kCompareMetrics.size(); ++metric) question.metrics.push_back(metric);
  answer.comparisons = CompareGroups(rows_, arms, question);
  return answer;
}

}  // namespace inferometer::analyze
