#include "exchange/comparison_json.h"

#include <array>
#include <cmath>
#include <optional>
#include <string_view>

#include "exchange/csv.h"
#include "record/json_pieces.h"

namespace inferometer::exchange {
namespace {

using analyze::ArmComparison;
using analyze::Interval;
using analyze::MedianFigure;
using analyze::MetricComparison;
using record::AppendList;
using record::JsonObject;
using Pair = std::array<std::size_t, 2>;

constexpr std::array<std::string_view, 2> kArms = {"a", "b"};

void NumberOrNull(JsonObject& object, std::string_view key, std::optional<double> value, std::string& out) {
  object.Key(key);
  if (value && std::isfinite(*value)) {
    record::AppendNumber(*value, out);
  } else {
    out += "null";
  }
}

void IntervalOrNull(JsonObject& object, std::string_view key, const std::optional<Interval>& interval,
                    std::string& out) {
  object.Key(key);
  if (!interval || !std::isfinite(interval->low) || !std::isfinite(interval->high)) {
    out += "null";
    return;
  }
  out += '[';
  record::AppendNumber(interval->low, out);
  out += ',';
  record::AppendNumber(interval->high, out);
  out += ']';
}

void Counts(JsonObject& object, std::string_view key, const Pair& counts, std::string& out) {
  object.Key(key);
  JsonObject pair(out);
  for (std::size_t arm = 0; arm < 2; ++arm) pair.Integer(kArms[arm], static_cast<std::int64_t>(counts[arm]));
  pair.Close();
}

void Median(JsonObject& object, std::string_view key, const std::optional<MedianFigure>& median, std::string& out) {
  object.Key(key);
  if (!median) {
    out += "null";
    return;
  }
  JsonObject parts(out);
  NumberOrNull(parts, "median", median->median, out);
  IntervalOrNull(parts, "interval", median->interval, out);
  parts.Close();
}

void AppendStratum(JsonObject& object, const MetricComparison& one, std::string& out) {
  object.Key("stratum");
  if (one.stratum.empty()) {
    out += "null";
  } else {
    JsonObject facts(out);
    for (const auto& [name, value] : one.stratum) facts.Text(name, value);
    facts.Close();
  }
  object.Integer("strata", static_cast<std::int64_t>(one.strata));
}

void AppendDrift(JsonObject& object, const analyze::Drift& drift, std::string& out) {
  object.Key("drift");
  JsonObject parts(out);
  parts.Boolean("found", drift.is_found);
  NumberOrNull(parts, "spearman_rho", drift.spearman_rho, out);
  NumberOrNull(parts, "spearman_p", drift.spearman_p, out);
  NumberOrNull(parts, "autocorrelation", drift.autocorrelation, out);
  parts.Close();
}

std::optional<double> ConfidenceOf(const ArmComparison& comparison) {
  return comparison.level ? std::optional(1 - *comparison.level) : std::nullopt;
}

void AppendComparison(const MetricComparison& one, const std::optional<std::string>& group, std::string& out) {
  const ArmComparison& comparison = one.comparison;
  JsonObject object(out);
  object.Text("metric", std::string(analyze::kCompareMetrics[one.metric].name));
  Counts(object, "n", comparison.n, out);
  NumberOrNull(object, "ratio", comparison.ratio, out);
  IntervalOrNull(object, "interval", comparison.interval, out);
  object.Text("verdict", std::string(NameOf(comparison.verdict))).Text("reason", comparison.reason);
  AppendStratum(object, one, out);
  for (std::size_t arm = 0; arm < 2; ++arm) Median(object, kArms[arm], comparison.median[arm], out);
  IntervalOrNull(object, "interval_statistical", comparison.interval_statistical, out);
  NumberOrNull(object, "interval_confidence", ConfidenceOf(comparison), out);
  NumberOrNull(object, "systematic_relative", comparison.systematic, out);
  NumberOrNull(object, "p", comparison.p, out);
  NumberOrNull(object, "p_adjusted", comparison.p_adjusted, out);
  NumberOrNull(object, "cliffs_delta", comparison.delta, out);
  AppendDrift(object, comparison.drift, out);
  if (comparison.units) object.Text("resampled", std::string(NameOf(*comparison.units)));
  if (comparison.units) Counts(object, "resampled_units", comparison.unit_counts, out);
  if (comparison.block_length) object.Integer("block_length", static_cast<std::int64_t>(*comparison.block_length));
  Counts(object, "left_out", one.left_out, out);
  object.Text("group", group).Close();
}

void AppendArm(JsonObject& answer, std::size_t arm, const analyze::RunAnswer& from, std::string& out) {
  const analyze::RunComparison& all = from.comparison;
  answer.Key(kArms[arm]);
  JsonObject object(out);
  object.Text("name", from.names[arm]);
  object.Integer("records", static_cast<std::int64_t>(all.records[arm]));
  object.Integer("failed", static_cast<std::int64_t>(all.failed[arm]));
  object.Integer("unmatched", static_cast<std::int64_t>(all.unmatched[arm]));
  object.Integer("energies_below_resolution", static_cast<std::int64_t>(all.below_resolution[arm]));
  object.Key("conditions");
  JsonObject conditions(out);
  for (const auto& [name, counts] : all.conditions) conditions.Integer(name, static_cast<std::int64_t>(counts[arm]));
  conditions.Close();
  object.Close();
}

void AppendDamage(const analyze::Damage& damage, std::string& out) {
  JsonObject object(out);
  object.Text("file", damage.file).Key("offset");
  out += damage.offset_bytes ? std::to_string(*damage.offset_bytes) : "null";
  object.Text("error", damage.error).Close();
}

constexpr std::string_view kColumns[] = {"metric",
                                         "n_a",
                                         "n_b",
                                         "ratio",
                                         "interval_low",
                                         "interval_high",
                                         "verdict",
                                         "reason",
                                         "strata",
                                         "stratum",
                                         "a_median",
                                         "a_interval_low",
                                         "a_interval_high",
                                         "b_median",
                                         "b_interval_low",
                                         "b_interval_high",
                                         "p",
                                         "p_adjusted",
                                         "cliffs_delta"};

void AppendInterval(const std::optional<Interval>& interval, CsvWriter& line) {
  line.Number(interval ? std::optional(interval->low) : std::nullopt);
  line.Number(interval ? std::optional(interval->high) : std::nullopt);
}

std::string StratumText(const MetricComparison& one) {
  std::string text;
  for (const auto& [name, value] : one.stratum) {
    if (!text.empty()) text += ' ';
    text += name;
    text += '=';
    text += value;
  }
  return text;
}

void AppendLine(const MetricComparison& one, CsvWriter& line) {
  const ArmComparison& comparison = one.comparison;
  line.Text(analyze::kCompareMetrics[one.metric].name);
  for (const std::size_t n : comparison.n) line.Number(static_cast<double>(n));
  line.Number(comparison.ratio);
  AppendInterval(comparison.interval, line);
  line.Text(NameOf(comparison.verdict)).Text(comparison.reason).Number(static_cast<double>(one.strata));
  line.Text(StratumText(one));
  for (const auto& median : comparison.median) {
    line.Number(median ? std::optional(median->median) : std::nullopt);
    AppendInterval(median ? median->interval : std::nullopt, line);
  }
  line.Number(comparison.p).Number(comparison.p_adjusted).Number(comparison.delta).EndLine();
}

}  // namespace

std::string RunAnswerJson(const analyze::RunAnswer& from) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", analyze::kSchemaVersion).Key("comparisons");
  AppendList(
      from.comparison.comparisons, [&](const auto& one) { AppendComparison(one, std::nullopt, json); }, json);
  answer.Key("margin_percent");
  record::AppendNumber(100 * from.question.rules.margin, json);
  answer.Integer("seed", static_cast<std::int64_t>(from.question.rules.seed));
  answer.Integer("resamples", static_cast<std::int64_t>(analyze::kResamples));
  for (std::size_t arm = 0; arm < 2; ++arm) AppendArm(answer, arm, from, json);
  answer.Integer("strata_left_out", static_cast<std::int64_t>(from.comparison.strata_left_out));
  answer.Integer("files_read", static_cast<std::int64_t>(from.files_read)).Key("damaged");
  AppendList(
      from.damaged, [&](const auto& damage) { AppendDamage(damage, json); }, json);
  answer.Close();
  json += '\n';
  return json;
}

void AppendGroupAnswer(const analyze::GroupAnswer& answer, JsonObject& object, std::string& out) {
  const auto append_texts = [&](std::string_view key, const std::vector<std::string>& texts) {
    object.Key(key);
    AppendList(
        texts, [&](const std::string& text) { record::AppendQuoted(text, out); }, out);
  };
  append_texts("by", answer.by);
  append_texts("groups", answer.groups);
  object.Integer("groups_left_out", static_cast<std::int64_t>(answer.left_out)).Key("comparisons");
  const auto append = [&](const analyze::GroupComparison& one) {
    AppendComparison(one.comparison, answer.groups[one.group], out);
  };
  AppendList(answer.comparisons, append, out);
}

std::string RunAnswerCsv(const analyze::RunAnswer& from) {
  std::string csv;
  CsvWriter line(csv);
  for (const std::string_view name : kColumns) line.Text(name);
  line.EndLine();
  for (const MetricComparison& one : from.comparison.comparisons) AppendLine(one, line);
  return csv;
}

}  // namespace inferometer::exchange
