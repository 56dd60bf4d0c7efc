#include "exchange/analysis_csv.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "exchange/analysis_json.h"
#include "record/fields.h"

namespace inferometer::exchange {
namespace {

using analyze::Block;

analyze::Spread SpreadOf(double value) {
  analyze::Spread spread;
  spread.count = 1;
  spread.min = spread.max = spread.avg = spread.p50 = value;
  return spread;
}

analyze::Group HostileGroup() {
  analyze::Group group;
  group.key = {"=cmd|' /C calc'!A0", "a,b", "m\"\x1b[2J", {}, "model", "board"};
  group.total_inferences = 3;
  group.failed_inferences = 1;
  group.spreads[static_cast<std::size_t>(Block::kInferenceTime)] = SpreadOf(-2.5);
  return group;
}

std::size_t CellsOf(const std::string& line) {
  return static_cast<std::size_t>(std::count(line.begin(), line.end(), ',')) + 1;
}

TEST(GroupsCsv, EveryLineHasTheHeadersCells) {
  analyze::Group plain = HostileGroup();
  plain.key = {"a", "b", "c", {}, {}, {}};
  const std::string csv = GroupsCsv({plain}, {1.0, 2.0});
  const std::size_t end = csv.find("\r\n");
  EXPECT_EQ(CellsOf(csv.substr(0, end)), CellsOf(csv.substr(end + 2)));
  EXPECT_NE(csv.find("inference_time_ms_avg"), std::string::npos);
  EXPECT_NE(csv.find("energy_consumption_mj_total"), std::string::npos);
  EXPECT_EQ(csv.find("inference_time_ms_total"), std::string::npos);
  EXPECT_NE(csv.find("cost_per_1000_tokens,cost_per_1000_tokens_low"), std::string::npos);
}

TEST(GroupsCsv, HostileTextsAreDisarmedAndNumbersAreNot) {
  const std::string csv = GroupsCsv({HostileGroup()}, {});
  EXPECT_NE(csv.find("\r\n'=cmd|' /C calc'!A0,\"a,b\",\"m\"\"\x1b[2J\",,model,board,3,1,,-2.5,-2.5,-2.5,-2.5,,,"),
            std::string::npos)
      << csv;
  EXPECT_EQ(csv.find("cost_per"), std::string::npos);
}

TEST(RecordsCsv, HeaderIsTheFieldTableAndCellsFollowIt) {
  std::string header;
  AppendRecordsHeader(header);
  EXPECT_EQ(CellsOf(header), record::Fields().size());
  EXPECT_TRUE(header.starts_with("timestamp,device_id,model_name,inference_time_ms,")) << header;
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(1759833015123456));
  record.device_id = "a1";
  record.model_name = "+m";
  record.inference_time_ms = 812.5;
  record.generated_tokens = 42;
  record.throttled = false;
  record.flags = {"concurrent", "swap"};
  std::string line;
  AppendRecordLine(record, line);
  EXPECT_EQ(CellsOf(line), CellsOf(header));
  EXPECT_TRUE(line.starts_with("2025-10-07T10:30:15.123456Z,a1,'+m,812.5,,")) << line;
  EXPECT_NE(line.find(",42,"), std::string::npos);
  EXPECT_NE(line.find(",false,,,,,concurrent;swap,"), std::string::npos) << line;
}

TEST(ComparisonCsv, OneLineAPlaceInARanking) {
  const std::vector<analyze::Group> groups = {HostileGroup(), HostileGroup()};
  const std::string csv = ComparisonCsv(Compare(groups), {});
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), 3);
  EXPECT_TRUE(csv.starts_with("ranking,rank_per_inference,rank_per_token,device_id,"));
}

TEST(ComparisonJson, EnergyBelowResolutionSaysSoInsteadOfARank) {
  analyze::Group group = HostileGroup();
  group.key.energy_source = "rapl";
  analyze::Spread energy;
  energy.avg = 10;
  group.spreads[static_cast<std::size_t>(analyze::Block::kEnergy)] = energy;
  group.energy_uncertainty = {6, 6};
  const std::vector<analyze::Group> groups = {group};
  const std::string json = ComparisonJson({}, Compare(groups), {}, {});
  EXPECT_NE(json.find("\"energy_quality\":\"below_resolution\""), std::string::npos) << json;
  EXPECT_EQ(json.find("rank_per_inference"), std::string::npos) << json;
}

TEST(AnalysisJson, AbsentIsLeftOutAndPlacesUnknownAreNull) {
  analyze::Analysis analysis;
  analysis.groups = {HostileGroup()};
  analysis.files_read = 2;
  analysis.damaged = {{"a.json", 17, "byte 17: x"}, {"b.json", std::nullopt, "open"}};
  analysis.disagreements = {{"c.json", "inference_time_ms.avg", 1.5, 2.5},
                            {"c.json", "total_inferences", 1, std::nullopt}};
  EXPECT_EQ(AnalysisJson(analysis, {}),
            "{\"schema_version\":1,\"groups\":[\n"
            "  {\"device_id\":\"=cmd|' /C calc'!A0\",\"device_name\":\"a,b\",\"model_name\":\"m\\\"\\u001b[2J\","
            "\"energy_source\":\"model\",\"energy_scope\":\"board\",\"total_inferences\":3,\"failed_inferences\":1,"
            "\"inference_time_ms\":{\"min\":-2.5,\"max\":-2.5,\"avg\":-2.5,\"p50\":-2.5}}\n"
            "],\"files_read\":2,\"damaged\":[\n"
            "  {\"file\":\"a.json\",\"offset\":17,\"error\":\"byte 17: x\"},\n"
            "  {\"file\":\"b.json\",\"offset\":null,\"error\":\"open\"}\n"
            "],\"disagreements\":[\n"
            "  {\"file\":\"c.json\",\"field\":\"inference_time_ms.avg\",\"summary\":1.5,\"records\":2.5},\n"
            "  {\"file\":\"c.json\",\"field\":\"total_inferences\",\"summary\":1,\"records\":null}\n"
            "]}\n");
}

TEST(AnalysisJson, EmptyListsStandOnTheLine) {
  EXPECT_EQ(AnalysisJson({}, {}),
            "{\"schema_version\":1,\"groups\":[],\"files_read\":0,\"damaged\":[],\"disagreements\":[]}\n");
}

}  // namespace
}  // namespace inferometer::exchange
