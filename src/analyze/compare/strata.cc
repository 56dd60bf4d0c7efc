#include "analyze/compare/strata.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>

namespace inferometer::analyze {
namespace {

constexpr std::string_view kNotRecorded = "not recorded";
constexpr std::size_t kMostNamed = 3;  // values of a fact that a sentence lists
constexpr std::string_view kDeviceFields[] = {"device_id", "device_name", "cpu_model", "host"};
constexpr Fact kOfDevice[] = {Fact::kDeviceId,  Fact::kThreads,   Fact::kComputeDevice,
                              Fact::kGpuLayers, Fact::kPowerMode, Fact::kCpuGovernor};

using Values = std::set<std::optional<std::string>>;

bool IsAmong(std::string_view field, std::span<const std::string> fields) {
  return std::find(fields.begin(), fields.end(), field) != fields.end();
}

std::string_view NameOf(std::size_t fact) { return kFactNames[fact]; }

std::string Shown(const std::optional<std::string>& value, std::size_t fact) {
  if (!value) return std::string(kNotRecorded);
  if (value->empty() && fact == static_cast<std::size_t>(Fact::kConditions)) return "none";
  return *value;
}

std::string Listed(const Values& values, std::size_t fact) {
  std::string list;
  std::size_t named = 0;
  for (const auto& value : values) {
    if (++named > kMostNamed) break;
    list += (list.empty() ? "" : ", ") + Shown(value, fact);
  }
  return values.size() > kMostNamed ? list + ", ..." : list;
}

// Which facts may differ.
class Across {
 public:
  explicit Across(std::span<const std::string> fields) {
    for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) may_differ_[fact] = IsAmong(NameOf(fact), fields);
    if (may_differ_[Index(Fact::kModelName)]) may_differ_[Index(Fact::kQuantization)] = true;
    for (const std::string_view field : kDeviceFields) {
      if (!IsAmong(field, fields)) continue;
      for (const Fact fact : kOfDevice) may_differ_[Index(fact)] = true;
    }
    for (const std::string_view field : {"warmup", "throttled", "flags"}) {
      if (IsAmong(field, fields)) may_differ_[Index(Fact::kConditions)] = true;
    }
  }
  void Allow(std::size_t fact) { may_differ_[fact] = true; }
  [[nodiscard]] bool MayDiffer(std::size_t fact) const { return may_differ_[fact]; }

 private:
  static std::size_t Index(Fact fact) { return static_cast<std::size_t>(fact); }
  std::array<bool, kFactNames.size()> may_differ_{};
};

// The values that each arm has of each fact.
using FactValues = std::array<std::array<Values, 2>, kFactNames.size()>;

FactValues ValuesOf(const RunRows& rows, const ArmPair& arms) {
  FactValues values;
  for (const auto& [key, same] : rows.classes()) {
    for (std::size_t arm = 0; arm < 2; ++arm) {
      if (same.RowsOf(arms[arm]).empty()) continue;
      for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) values[fact][arm].insert(same.facts[fact]);
    }
  }
  return values;
}

bool AreDisjoint(const std::array<Values, 2>& values) {
  return std::none_of(values[0].begin(), values[0].end(), [&](const auto& one) { return values[1].contains(one); });
}

std::string WhyNone(const FactValues& values, const Across& across) {
  std::vector<std::string> differing;
  std::vector<std::string> names;
  for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) {
    if (across.MayDiffer(fact) || !AreDisjoint(values[fact])) continue;
    names.emplace_back(NameOf(fact));
    differing.push_back(fmt::format("{} is {} in A and {} in B", NameOf(fact), Listed(values[fact][0], fact),
                                    Listed(values[fact][1], fact)));
  }
  if (names.empty()) {
    for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) {
      if (!across.MayDiffer(fact) && std::max(values[fact][0].size(), values[fact][1].size()) > 1)
        names.emplace_back(NameOf(fact));
    }
    return fmt::format("no records of A and B have the same {}", Joined(names));
  }
  std::string fields;
  for (const std::string& name : names) fields += (fields.empty() ? "" : ",") + name;
  return fmt::format("{}; if that is what you compare, add --across {}", Joined(differing), fields);
}

void AddNotes(const FactValues& values, const Across& across, Strata& strata) {
  const Values none = {std::nullopt};
  for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) {
    const auto& [a, b] = values[fact];
    if (a == none && b == none) strata.absent.emplace_back(NameOf(fact));
    if (!across.MayDiffer(fact) || a == b) continue;
    strata.differing.push_back(fmt::format("{} ({} and {})", NameOf(fact), Listed(a, fact), Listed(b, fact)));
  }
}

void SortByRun(std::vector<const ComparedRow*>& rows) {
  std::stable_sort(rows.begin(), rows.end(), [](const ComparedRow* x, const ComparedRow* y) {
    return std::tie(x->time_us, x->run_index) < std::tie(y->time_us, y->run_index);
  });
}

void AddTo(Stratum& stratum, const FactClass& same, const ArmPair& arms, const Across& across) {
  if (stratum.facts.empty()) {
    for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) {
      if (!across.MayDiffer(fact)) stratum.facts.emplace_back(NameOf(fact), Shown(same.facts[fact], fact));
    }
  }
  for (std::size_t arm = 0; arm < 2; ++arm) {
    if (same.RowsOf(arms[arm]).empty()) continue;
    for (const ComparedRow& row : same.RowsOf(arms[arm])) stratum.rows[arm].push_back(&row);
    stratum.devices[arm].insert(same.facts[static_cast<std::size_t>(Fact::kDeviceId)].value_or(""));
  }
}

// The sum over prompts of how far their shares differ, halved: 0 for equal mixes, 1 where nothing is in common.
double MixDistance(const std::array<std::vector<const ComparedRow*>, 2>& rows) {
  std::unordered_map<std::int32_t, double> differences;
  for (std::size_t arm = 0; arm < 2; ++arm) {
    const double share = (arm == 0 ? 1.0 : -1.0) / static_cast<double>(rows[arm].size());
    for (const ComparedRow* row : rows[arm]) differences[row->prompt] += share;
  }
  double distance = 0;
  for (const auto& [prompt, difference] : differences) distance += std::abs(difference) / 2;
  return distance;
}

// The mean; nothing where some row lacks it.
std::optional<double> MeanOf(const std::vector<const ComparedRow*>& rows, std::int32_t ComparedRow::*count) {
  double sum = 0;
  for (const ComparedRow* row : rows) {
    if (row->*count < 0) return std::nullopt;
    sum += row->*count;
  }
  return sum / static_cast<double>(rows.size());
}

bool NoneHas(const std::vector<const ComparedRow*>& rows, std::int32_t ComparedRow::*count) {
  return std::all_of(rows.begin(), rows.end(), [count](const ComparedRow* row) { return row->*count < 0; });
}

std::string WhyCountsDiffer(const std::array<std::vector<const ComparedRow*>, 2>& rows, std::string_view name,
                            std::int32_t ComparedRow::*count, double margin) {
  const auto a = MeanOf(rows[0], count);
  const auto b = MeanOf(rows[1], count);
  if (!a || !b) return fmt::format("some records do not tell {}", name);
  if (std::max(*a, *b) <= std::min(*a, *b) * (1 + margin)) return "";
  return fmt::format("{} differ: {:.4g} and {:.4g} on average; if that is what you compare, add --across {}", name, *a,
                     *b, name);
}

}  // namespace

std::string Joined(std::span<const std::string> parts) {
  std::string all;
  for (const std::string& part : parts) all += (all.empty() ? "" : ", ") + part;
  return all;
}

Strata MatchStrata(const RunRows& rows, const ArmPair& arms, std::span<const std::string> across_fields) {
  const FactValues values = ValuesOf(rows, arms);
  Across across(across_fields);
  for (const Fact identity : {Fact::kDeviceId, Fact::kModelName}) {
    const auto fact = static_cast<std::size_t>(identity);
    if (AreDisjoint(values[fact])) across.Allow(fact);
  }
  std::map<std::string, Stratum> by_facts;
  for (const auto& [key, same] : rows.classes()) {
    std::string reduced;
    for (std::size_t fact = 0; fact < kFactNames.size(); ++fact) {
      if (!across.MayDiffer(fact) && same.facts[fact]) reduced += '=' + *same.facts[fact];
      reduced += '\x1f';
    }
    AddTo(by_facts[reduced], same, arms, across);
  }
  Strata strata;
  for (auto& [key, stratum] : by_facts) {
    if (stratum.rows[0].empty() || stratum.rows[1].empty()) {
      for (std::size_t arm = 0; arm < 2; ++arm) strata.unmatched[arm] += stratum.rows[arm].size();
      continue;
    }
    for (auto& arm : stratum.rows) SortByRun(arm);
    strata.both.push_back(std::move(stratum));
  }
  const auto size = [](const Stratum& one) { return one.rows[0].size() + one.rows[1].size(); };
  std::stable_sort(strata.both.begin(), strata.both.end(),
                   [&](const auto& x, const auto& y) { return size(x) > size(y); });
  if (strata.both.empty()) strata.why_none = WhyNone(values, across);
  AddNotes(values, across, strata);
  return strata;
}

std::string WhyPromptsDiffer(const std::array<std::vector<const ComparedRow*>, 2>& rows, double margin,
                             std::span<const std::string> across, std::vector<std::string>& absent) {
  const bool has_prompts = MeanOf(rows[0], &ComparedRow::prompt) && MeanOf(rows[1], &ComparedRow::prompt);
  if (has_prompts) {
    const double distance = MixDistance(rows);
    if (distance <= margin || IsAmong("prompt_id", across)) return "";
    return fmt::format("the prompt sets differ: {:.0f} % of the records have no counterpart with the same prompt_id",
                       100 * distance);
  }
  constexpr std::pair<std::string_view, std::int32_t ComparedRow::*> kCounts[] = {
      {"prompt_tokens", &ComparedRow::prompt_tokens}, {"generated_tokens", &ComparedRow::generated_tokens}};
  for (const auto& [name, count] : kCounts) {
    if (IsAmong(name, across)) continue;
    if (NoneHas(rows[0], count) && NoneHas(rows[1], count)) {
      if (!IsAmong(name, absent)) absent.emplace_back(name);
      continue;
    }
    std::string why = WhyCountsDiffer(rows, name, count, margin);
    if (!why.empty()) return why;
  }
  return "";
}

}  // namespace inferometer::analyze
