#include "analyze/compare/run_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "analyze/compare/record_choice.h"

namespace inferometer::analyze {
namespace {

constexpr char kBetween = '\x1f';  // between texts that are put together
constexpr std::string_view kWarmup = "warmup";
// clock_step is about the timestamp only, short_window about energy, which has its quality for that.
constexpr std::string_view kUnfit[] = {"background_load", "concurrent", "major_faults", "steal", "swap", "throttled"};

std::size_t Index(Fact fact) { return static_cast<std::size_t>(fact); }

std::int32_t CountOf(const std::optional<std::int64_t>& count) {
  if (!count || *count < 0) return -1;
  return static_cast<std::int32_t>(std::min<std::int64_t>(*count, std::numeric_limits<std::int32_t>::max()));
}

std::string KeyOf(const Facts& facts) {
  std::string key;
  for (const auto& fact : facts) {
    if (fact) key += '=' + *fact;
    key += kBetween;
  }
  return key;
}

// `text` and what it is only unique within.
std::optional<std::string> Within(const std::optional<std::string>& whole, const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return whole.value_or("") + kBetween + *text;
}

std::optional<std::string> ConditionsOf(const InferenceRecord& record, ArmCounts& counts) {
  std::string all;
  const auto add = [&](std::string_view name) {
    all += (all.empty() ? "" : ",") + std::string(name);
    ++counts.conditions[std::string(name)];
  };
  if (record.warmup.value_or(false)) add(kWarmup);
  for (const std::string_view name : kUnfit) {
    const bool is_flagged = std::find(record.flags.begin(), record.flags.end(), name) != record.flags.end();
    if (is_flagged || (name == "throttled" && record.throttled.value_or(false))) add(name);
  }
  return all;
}

}  // namespace

std::int32_t Names::Of(const std::optional<std::string>& text) {
  if (!text) return -1;
  const auto [found, is_new] = numbers_.emplace(*text, static_cast<std::int32_t>(texts_.size()));
  if (is_new) texts_.push_back(*text);
  return found->second;
}

EnergyKind RunRows::KindOf(const ComparedRow& row) const {
  const std::string& both = energy_kinds_.At(row.energy_kind);
  const std::size_t middle = both.find(kBetween);
  return {both.substr(0, middle), both.substr(middle + 1)};
}

Facts RunRows::FactsOf(const RecordOrigin& origin, const InferenceRecord& record, ArmCounts& counts) {
  Facts facts;
  for (std::size_t i = 0; i < Index(Fact::kConditions); ++i) facts[i] = FieldText(kFactNames[i], origin, record);
  facts[Index(Fact::kConditions)] = ConditionsOf(record, counts);
  return facts;
}

void RunRows::PutEnergy(const InferenceRecord& record, ArmCounts& counts, ComparedRow& row) {
  constexpr unsigned kEnergies = 0b11000000;  // the last two metrics
  static_assert(kCompareMetrics[6].is_energy && kCompareMetrics[7].is_energy && kCompareMetrics.size() == 8);
  if ((row.present & kEnergies) == 0) return;
  if (record.energy_quality == "below_resolution") {
    ++counts.below_resolution;
    row.present = static_cast<std::uint8_t>(row.present & ~kEnergies);
    return;
  }
  row.energy_kind =
      energy_kinds_.Of(record.energy_source.value_or(kUnspecifiedSource) + kBetween + record.energy_scope.value_or(""));
  const double energy = *record.energy_consumed_mj;
  if (record.energy_uncertainty_mj.value_or(-1) >= 0 && energy > 0)
    row.energy_error = static_cast<float>(*record.energy_uncertainty_mj / energy);
}

void RunRows::Add(std::size_t arm, const RecordOrigin& origin, const InferenceRecord& record) {
  if (counts_.size() <= arm) counts_.resize(arm + 1);
  ArmCounts& counts = counts_[arm];
  ++counts.total;
  if (record.failed()) {
    ++counts.failed;
    return;
  }
  ComparedRow row;
  const MetricValues values = MetricValuesOf(record);
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!values[i] || !std::isfinite(*values[i])) continue;  // a lake of others may hold NaN
    row.values[i] = *values[i];
    row.present = static_cast<std::uint8_t>(row.present | (1U << i));
  }
  PutEnergy(record, counts, row);
  row.time_us = record.timestamp ? record.timestamp->time_since_epoch().count() : 0;
  row.run_index = record.run_index.value_or(0);
  row.block = blocks_.Of(Within(FieldText("experiment", origin, record), record.block_id));
  row.session = sessions_.Of(Within(record.device_id, FieldText("session_id", origin, record)));
  row.prompt = prompts_.Of(record.prompt_id);
  row.prompt_tokens = CountOf(record.prompt_tokens);
  row.generated_tokens = CountOf(record.generated_tokens);
  Facts facts = FactsOf(origin, record, counts);
  FactClass& same = classes_[KeyOf(facts)];
  if (same.rows_.empty()) same.facts = std::move(facts);
  same.rows_[arm].push_back(row);
}

void RunRows::Sort() {
  for (auto& [key, same] : classes_) {
    for (auto& [arm, rows] : same.rows_) {
      std::stable_sort(rows.begin(), rows.end(), [](const ComparedRow& x, const ComparedRow& y) {
        return std::tie(x.time_us, x.run_index) < std::tie(y.time_us, y.run_index);
      });
    }
  }
}

}  // namespace inferometer::analyze
