#include "exchange/analysis_csv.h"

#include <string_view>
#include <variant>

#include "base/timestamp.h"
#include "exchange/csv.h"
#include "record/fields.h"

namespace inferometer::exchange {
namespace {

using analyze::Block;
using analyze::Estimate;
using analyze::Group;
using analyze::GroupKey;

constexpr std::string_view kKeyNames[] = {"device_id",      "device_name",   "model_name",
                                          "compute_device", "energy_source", "energy_scope"};

void AppendKey(const GroupKey& key, CsvWriter& line) {
  line.Text(key.device_id).Text(key.device_name).Text(key.model_name);
  line.MaybeText(key.compute_device).MaybeText(key.energy_source).MaybeText(key.energy_scope);
}

// Calls `each` with a block and the name of a statistic that it can have.
template <typename Each>
void ForEachStatistic(Each each) {
  for (std::size_t i = 0; i < analyze::kBlocks; ++i) {
    const auto block = static_cast<Block>(i);
    for (const std::string_view statistic : analyze::kStatisticNames) {
      if (statistic != "total" || block == Block::kEnergy) each(block, statistic);
    }
  }
}

void AppendEstimateNames(std::string_view name, CsvWriter& line) {
  line.Text(name).Text(std::string(name) + "_low").Text(std::string(name) + "_high");
}

void AppendEstimate(const std::optional<Estimate>& estimate, CsvWriter& line) {
  line.Number(estimate ? std::optional(estimate->value) : std::nullopt);
  line.Number(estimate ? estimate->low : std::nullopt).Number(estimate ? estimate->high : std::nullopt);
}

void AppendCostNames(const analyze::CostQuestion& question, CsvWriter& line) {
  if (question.price_per_kwh) AppendEstimateNames("cost_per_1000_tokens", line);
  if (question.battery_wh) AppendEstimateNames("inferences_per_charge", line);
}

void AppendCosts(const Group& group, const analyze::CostQuestion& question, CsvWriter& line) {
  if (question.price_per_kwh) AppendEstimate(CostPer1000Tokens(group, *question.price_per_kwh), line);
  if (question.battery_wh) AppendEstimate(InferencesPerCharge(group, *question.battery_wh), line);
}

void AppendGroupsHeader(const analyze::CostQuestion& question, CsvWriter& line) {
  for (const std::string_view name : kKeyNames) line.Text(name);
  line.Text(analyze::kTotalInferences).Text(analyze::kFailedInferences).Text("load_time_seconds");
  ForEachStatistic([&](Block block, std::string_view statistic) {
    line.Text(std::string(NameOf(block)) + "_" + std::string(statistic));
  });
  line.Text("energy_uncertainty_mj_avg").Text("energy_uncertainty_mj_total");
  AppendCostNames(question, line);
  line.EndLine();
}

void AppendGroup(const Group& group, const analyze::CostQuestion& question, CsvWriter& line) {
  AppendKey(group.key, line);
  line.Number(static_cast<double>(group.total_inferences)).Number(static_cast<double>(group.failed_inferences));
  line.Number(group.load_time_seconds);
  ForEachStatistic([&](Block block, std::string_view statistic) {
    const auto& spread = group.Of(block);
    line.Number(spread ? StatisticOf(*spread, statistic) : std::nullopt);
  });
  const auto& uncertainty = group.energy_uncertainty;
  line.Number(uncertainty ? std::optional(uncertainty->avg_mj) : std::nullopt);
  line.Number(uncertainty ? std::optional(uncertainty->total_mj) : std::nullopt);
  AppendCosts(group, question, line);
  line.EndLine();
}

std::optional<double> AverageOf(const Group& group, Block block) {
  const auto& spread = group.Of(block);
  return spread ? std::optional(spread->avg) : std::nullopt;
}

std::optional<double> AsNumber(std::optional<std::size_t> rank) {
  return rank ? std::optional(static_cast<double>(*rank)) : std::nullopt;
}

// Appends one member of a record as a cell.
class CellWriter {
 public:
  CellWriter(const InferenceRecord& record, CsvWriter& line) : record_(record), line_(line) {}
  void operator()(record::TimeMember member) const {
    const auto& time = record_.*member;
    line_.MaybeText(time ? std::optional(base::FormatRfc3339(*time)) : std::nullopt);
  }
  void operator()(record::TextMember member) const { line_.MaybeText(record_.*member); }
  void operator()(record::RealMember member) const { line_.Number(record_.*member); }
  void operator()(record::IntegerMember member) const {
    const auto& value = record_.*member;
    line_.Number(value ? std::optional(static_cast<double>(*value)) : std::nullopt);
  }
  void operator()(record::BooleanMember member) const {
    const auto& value = record_.*member;
    if (!value) {
      line_.Empty();
    } else {
      line_.Text(*value ? "true" : "false");
    }
  }
  void operator()(record::TextListMember member) const {
    std::string joined;
    for (const std::string& text : record_.*member) joined += (joined.empty() ? "" : ";") + text;
    line_.Text(joined);
  }

 private:
  const InferenceRecord& record_;
  CsvWriter& line_;
};

}  // namespace

std::string GroupsCsv(const std::vector<Group>& groups, const analyze::CostQuestion& question) {
  std::string csv;
  CsvWriter line(csv);
  AppendGroupsHeader(question, line);
  for (const Group& group : groups) AppendGroup(group, question, line);
  return csv;
}

std::string ComparisonCsv(const analyze::Comparison& comparison, const analyze::CostQuestion& question) {
  std::string csv;
  CsvWriter line(csv);
  line.Text("ranking").Text("rank_per_inference").Text("rank_per_token");
  for (const std::string_view name : kKeyNames) line.Text(name);
  line.Text("energy_per_inference_mj").Text("energy_per_token_mj").Text("tokens_per_second");
  line.Text("inference_time_ms").Text("total_inferences");
  AppendCostNames(question, line);
  line.EndLine();
  double number = 0;
  for (const analyze::Ranking& ranking : comparison.rankings) {
    ++number;
    for (const analyze::Ranked& one : ranking.entries) {
      line.Number(number).Number(AsNumber(one.rank_per_inference)).Number(AsNumber(one.rank_per_token));
      AppendKey(one.group->key, line);
      for (const Block block :
           {Block::kEnergy, Block::kEnergyPerToken, Block::kTokensPerSecond, Block::kInferenceTime}) {
        line.Number(AverageOf(*one.group, block));
      }
      line.Number(static_cast<double>(one.group->total_inferences));
      AppendCosts(*one.group, question, line);
      line.EndLine();
    }
  }
  return csv;
}

void AppendRecordsHeader(std::string& out) {
  CsvWriter line(out);
  for (const record::Field& field : record::Fields()) line.Text(field.name);
  line.EndLine();
}

void AppendRecordLine(const InferenceRecord& record, std::string& out) {
  CsvWriter line(out);
  for (const record::Field& field : record::Fields()) std::visit(CellWriter(record, line), field.member);
  line.EndLine();
}

}  // namespace inferometer::exchange
