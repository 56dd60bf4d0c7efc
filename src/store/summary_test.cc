#include "store/summary.h"

#include <gtest/gtest.h>

namespace inferometer::store {
namespace {

InferenceRecord Record(double time_ms, double energy_mj) {
  InferenceRecord record;
  record.model_name = "m";
  record.status = kStatusOk;
  record.inference_time_ms = time_ms;
  record.energy_consumed_mj = energy_mj;
  record.energy_source = "model";
  record.energy_scope = "board";
  return record;
}

std::string ToJson(const Summary& summary) {
  std::string json;
  AppendJson(summary, json);
  return json;
}

TEST(Summary, GoldenBlock) {
  std::vector<InferenceRecord> records = {Record(100, 10), Record(200, 20), Record(400, 60)};
  for (auto& one : records) {
    one.memory_used_mb = 160.5;
    one.cpu_percent_avg = 190;
  }
  EXPECT_EQ(ToJson(Summarise(records, "abc")),
            R"({"device_id":"abc","model_name":"m","total_inferences":3,"failed_inferences":0,)"
            R"("inference_time_ms":{"min":100,"max":400,"avg":233.333,"p50":200},)"
            R"("memory_usage_mb":{"min":160.5,"max":160.5,"avg":160.5,"p50":160.5},)"
            R"("cpu_usage_percent":{"min":190,"max":190,"avg":190,"p50":190},)"
            R"("energy_consumption_mj":{"min":10,"max":60,"avg":30,"total":90,"p50":20}})");
}

TEST(Summary, FailedInferencesAreCountedAndStayOutOfEveryFigure) {
  std::vector<InferenceRecord> records = {Record(100, 10), Record(9999, 9999)};
  records[1].status = kStatusError;
  const Summary summary = Summarise(records, "abc");
  EXPECT_EQ(summary.total_inferences, 2);
  EXPECT_EQ(summary.failed_inferences, 1);
  EXPECT_EQ(summary.inference_time_ms->max, 100);
  EXPECT_EQ(summary.energy_consumption_mj->total, 10);
}

TEST(Summary, WhatNobodyMeasuredIsAbsent) {
  std::vector<InferenceRecord> records = {Record(100, 10)};
  EXPECT_EQ(ToJson(Summarise(records, "abc")).find("memory_usage_mb"), std::string::npos);
  EXPECT_EQ(ToJson(Summarise({}, "abc")),
            R"({"device_id":"abc","model_name":"","total_inferences":0,"failed_inferences":0})");
}

TEST(Summary, EnergiesOfDifferentSourceOrScopeAreNotMixed) {
  std::vector<InferenceRecord> records = {Record(100, 10), Record(200, 20)};
  records[1].energy_source = "rapl";
  EXPECT_FALSE(Summarise(records, "abc").energy_consumption_mj.has_value());
  records[1].energy_source = "model";
  records[1].energy_scope = "package";
  EXPECT_FALSE(Summarise(records, "abc").energy_consumption_mj.has_value());
  records[1].status = kStatusError;
  EXPECT_TRUE(Summarise(records, "abc").energy_consumption_mj.has_value());
}

TEST(Summary, HighQuantilesNeedEnoughValues) {
  std::vector<InferenceRecord> records(58, Record(1, 1));
  EXPECT_FALSE(Summarise(records, "abc").inference_time_ms->p95.has_value());
  records.resize(59, Record(1, 1));
  EXPECT_TRUE(Summarise(records, "abc").inference_time_ms->p95.has_value());
  EXPECT_FALSE(Summarise(records, "abc").inference_time_ms->p99.has_value());
  records.resize(299, Record(1, 1));
  EXPECT_TRUE(Summarise(records, "abc").inference_time_ms->p99.has_value());
}

}  // namespace
}  // namespace inferometer::store
