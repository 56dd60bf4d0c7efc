#include "exchange/analysis_json.h"

#include <cmath>
#include <string_view>

#include "exchange/comparison_json.h"
#include "record/json_pieces.h"

namespace inferometer::exchange {
namespace {

using analyze::Block;
using analyze::Estimate;
using analyze::Group;
using record::AppendList;
using record::JsonObject;

// Every digit of the number: rounding is for tables.
void Number(JsonObject& object, std::string_view key, std::optional<double> value, std::string& out) {
  if (!value || !std::isfinite(*value)) return;
  object.Key(key);
  record::AppendNumber(*value, out);
}

void Count(JsonObject& object, std::string_view key, std::size_t value) {
  object.Integer(key, static_cast<std::int64_t>(value));
}

void AppendSpread(const analyze::Spread& spread, std::string& out) {
  JsonObject object(out);
  for (const std::string_view name : analyze::kStatisticNames) Number(object, name, StatisticOf(spread, name), out);
  object.Close();
}

void AppendEstimate(JsonObject& object, std::string_view key, const std::optional<Estimate>& estimate,
                    std::string& out) {
  if (!estimate) return;
  object.Key(key);
  JsonObject parts(out);
  Number(parts, "value", estimate->value, out);
  Number(parts, "low", estimate->low, out);
  Number(parts, "high", estimate->high, out);
  parts.Close();
}

void AppendCosts(JsonObject& object, const Group& group, const analyze::CostQuestion& question, std::string& out) {
  if (question.price_per_kwh) {
    AppendEstimate(object, "cost_per_1000_tokens", CostPer1000Tokens(group, *question.price_per_kwh), out);
  }
  if (question.battery_wh) {
    AppendEstimate(object, "inferences_per_charge", InferencesPerCharge(group, *question.battery_wh), out);
  }
}

void AppendKey(JsonObject& object, const analyze::GroupKey& key) {
  object.Text("device_id", key.device_id).Text("device_name", key.device_name).Text("model_name", key.model_name);
  object.Text("compute_device", key.compute_device);
  object.Text("energy_source", key.energy_source).Text("energy_scope", key.energy_scope);
}

void AppendGroup(const Group& group, const analyze::CostQuestion& question, std::string& out) {
  JsonObject object(out);
  AppendKey(object, group.key);
  Count(object, analyze::kTotalInferences, group.total_inferences);
  Count(object, analyze::kFailedInferences, group.failed_inferences);
  Number(object, "load_time_seconds", group.load_time_seconds, out);
  for (std::size_t i = 0; i < analyze::kBlocks; ++i) {
    if (!group.spreads[i]) continue;
    object.Key(analyze::kBlockNames[i]);
    AppendSpread(*group.spreads[i], out);
  }
  if (group.energy_uncertainty) {
    object.Key("energy_uncertainty_mj");
    JsonObject uncertainty(out);
    Number(uncertainty, "avg", group.energy_uncertainty->avg_mj, out);
    Number(uncertainty, "total", group.energy_uncertainty->total_mj, out);
    uncertainty.Close();
  }
  AppendCosts(object, group, question, out);
  object.Close();
}

void AppendDamage(const analyze::Damage& damage, std::string& out) {
  JsonObject object(out);
  object.Text("file", damage.file).Key("offset");
  out += damage.offset_bytes ? std::to_string(*damage.offset_bytes) : "null";
  object.Text("error", damage.error).Close();
}

void AppendDisagreement(const analyze::Disagreement& disagreement, std::string& out) {
  JsonObject object(out);
  object.Text("file", disagreement.file).Text("field", disagreement.field);
  Number(object, "summary", disagreement.summary, out);
  if (disagreement.records) {
    Number(object, "records", disagreement.records, out);
  } else {
    object.Key("records");
    out += "null";
  }
  object.Close();
}

// What every answer ends with.
void AppendReading(JsonObject& answer, const analyze::Analysis& analysis, std::string& out) {
  Count(answer, "files_read", analysis.files_read);
  answer.Key("damaged");
  AppendList(
      analysis.damaged, [&](const auto& damage) { AppendDamage(damage, out); }, out);
  answer.Key("disagreements");
  AppendList(
      analysis.disagreements, [&](const auto& one) { AppendDisagreement(one, out); }, out);
  answer.Close();
  out += '\n';
}

void AppendRanked(const analyze::Ranked& one, const analyze::CostQuestion& question, std::string& out) {
  const auto average = [&](Block block) {
    const auto& spread = one.group->Of(block);
    return spread ? std::optional(spread->avg) : std::nullopt;
  };
  JsonObject object(out);
  if (one.rank_per_inference) Count(object, "rank_per_inference", *one.rank_per_inference);
  if (one.rank_per_token) Count(object, "rank_per_token", *one.rank_per_token);
  AppendKey(object, one.group->key);
  if (one.is_below_resolution) object.Text("energy_quality", "below_resolution");
  Count(object, analyze::kTotalInferences, one.group->total_inferences);
  Number(object, "energy_per_inference_mj", average(Block::kEnergy), out);
  Number(object, "energy_per_token_mj", average(Block::kEnergyPerToken), out);
  Number(object, "tokens_per_second", average(Block::kTokensPerSecond), out);
  Number(object, "inference_time_ms", average(Block::kInferenceTime), out);
  AppendCosts(object, *one.group, question, out);
  object.Close();
}

void AppendRanking(const analyze::Ranking& ranking, const analyze::CostQuestion& question, std::string& out) {
  JsonObject object(out);
  object.Text("energy_source", ranking.energy_source).Text("energy_scope", ranking.energy_scope);
  object.Text("device_id", ranking.device_id).Key("entries");
  AppendList(
      ranking.entries, [&](const auto& one) { AppendRanked(one, question, out); }, out);
  object.Close();
}

}  // namespace

std::string AnalysisJson(const analyze::Analysis& analysis, const analyze::CostQuestion& question) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", analyze::kSchemaVersion).Key("groups");
  AppendList(
      analysis.groups, [&](const Group& group) { AppendGroup(group, question, json); }, json);
  AppendReading(answer, analysis, json);
  return json;
}

std::string ComparisonJson(const analyze::Analysis& analysis, const analyze::Comparison& comparison,
                           const analyze::GroupAnswer& groups, const analyze::CostQuestion& question) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", analyze::kSchemaVersion).Key("rankings");
  AppendList(
      comparison.rankings, [&](const auto& ranking) { AppendRanking(ranking, question, json); }, json);
  answer.Key("not_comparable");
  const auto append_pair = [&](const analyze::NotComparable& pair) {
    JsonObject object(json);
    object.Text("first", pair.first).Text("second", pair.second).Text("reason", pair.reason).Close();
  };
  AppendList(comparison.not_comparable, append_pair, json);
  Count(answer, "not_comparable_left_out", comparison.pairs_left_out);
  AppendGroupAnswer(groups, answer, json);
  AppendReading(answer, analysis, json);
  return json;
}

}  // namespace inferometer::exchange
