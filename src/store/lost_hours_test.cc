#include "store/lost_hours.h"

#include <gtest/gtest.h>

#include <chrono>

#include "base/timestamp.h"
#include "store/ledger_for_tests.h"

namespace inferometer::store {
namespace {

InferenceRecord RecordAt(const std::string& time) {
  InferenceRecord record;
  record.timestamp = base::ParseTimestamp(time).value();
  record.inference_time_ms = 100.25;
  record.prompt_tokens = 30;
  record.generated_tokens = 7;
  record.status = kStatusOk;
  return record;
}

constexpr std::uint32_t kTenOClock = 488'578;  // 2025-09-26T10:00:00Z

TEST(LostHours, RecordCountsInTheHourOfItsTimestampWithWhatItTells) {
  const LostHours one = LostHours::Of(RecordAt("2025-09-26T10:59:59.999999Z"));
  EXPECT_EQ(one.hours, (HourSpan{kTenOClock, kTenOClock}));
  EXPECT_EQ(one.inferences, 1U);
  EXPECT_EQ(one.failed_inferences, 0U);
  EXPECT_EQ(one.prompt_tokens, (LostSum{1, 30}));
  EXPECT_EQ(one.generated_tokens, (LostSum{1, 7}));
  EXPECT_EQ(one.inference_time_us, 100'250U);
  EXPECT_EQ(one.inference_times[3], 1U) << "over 64 ms, at most 128";
  EXPECT_EQ(one.timed(), 1U);
  EXPECT_EQ(LostHours::Of(RecordAt("2025-09-26T11:00:00Z")).hours, (HourSpan{kTenOClock + 1, kTenOClock + 1}));
}

TEST(LostHours, FailedRecordCountsAndStaysOutOfEverySum) {
  InferenceRecord record = RecordAt("2025-09-26T10:00:00Z");
  record.status = "error";
  const LostHours one = LostHours::Of(record);
  EXPECT_EQ(one.inferences, 1U);
  EXPECT_EQ(one.failed_inferences, 1U);
  EXPECT_EQ(one.prompt_tokens, LostSum());
  EXPECT_EQ(one.inference_time_us, 0U);
  EXPECT_EQ(one.timed(), 0U);
}

TEST(LostHours, WhatARecordDoesNotTellIsNotCountedAsZero) {
  InferenceRecord record;
  EXPECT_EQ(LostHours::Of(record), LostHours::Unknown(1));
  record.generated_tokens = 0;
  record.inference_time_ms = 0;
  const LostHours told = LostHours::Of(record);
  EXPECT_EQ(told.generated_tokens, (LostSum{1, 0}));
  EXPECT_EQ(told.prompt_tokens, LostSum());
  EXPECT_EQ(told.timed(), 1U);
}

TEST(LostHours, FiguresBeyondReasonAreNotTold) {
  InferenceRecord record;
  record.timestamp = WallTime(std::chrono::microseconds(-1));
  record.inference_time_ms = -1;
  record.prompt_tokens = -1;
  EXPECT_EQ(LostHours::Of(record), LostHours::Unknown(1));
  record.timestamp = WallTime(std::chrono::sys_days(std::chrono::year(2200) / 1 / 1));
  record.inference_time_ms = 1e300;
  record.prompt_tokens.reset();
  EXPECT_EQ(LostHours::Of(record), LostHours::Unknown(1));
}

TEST(LostHours, LineOfAJournalIsRolledUpAndWhatIsNoRecordHasNoHour) {
  const LostHours one = LostHours::Of(
      R"({"timestamp":"2025-09-26T10:30:15.5Z","device_id":"a","model_name":"m","inference_time_ms":17,"status":"ok"})");
  EXPECT_EQ(one.hours, (HourSpan{kTenOClock, kTenOClock}));
  EXPECT_EQ(one.inference_times[1], 1U);
  EXPECT_EQ(one.prompt_tokens, LostSum());
  for (const char* line : {"", "nonsense", R"({"timestamp":5})"}) {
    EXPECT_EQ(LostHours::Of(std::string_view(line)), LostHours::Unknown(1)) << line;
  }
}

TEST(LostHours, BoundsOfTheHistogramArePowersOfTwoAndBelongToTheLowerBucket) {
  EXPECT_EQ(LatencyBucket(0), 0U);
  for (std::size_t i = 0; i + 1 < kLatencyBuckets; ++i) {
    const double bound = static_cast<double>(16U << i);
    EXPECT_EQ(LatencyBucket(bound), i) << bound;
    EXPECT_EQ(LatencyBucket(bound + 0.001), i + 1) << bound;
  }
  EXPECT_EQ(LatencyBucket(524'288.001), 16U);
  EXPECT_EQ(LatencyBucket(1e15), 16U);
}

TEST(LostHours, HoursAreKeptApartInTheirOrderAndThoseWithoutOneComeFirst) {
  std::vector<LostHours> all;
  for (const std::uint32_t hour : {7U, 5U, 7U, 6U}) AddLostHours(HourOf(hour), all);
  AddLostHours(LostHours::Unknown(3), all);
  AddLostHours(LostHours::Unknown(1), all);
  ASSERT_EQ(all.size(), 4U);
  EXPECT_EQ(all[0], LostHours::Unknown(4));
  EXPECT_EQ(all[1], HourOf(5));
  EXPECT_EQ(all[2], HourOf(6));
  EXPECT_EQ(all[3], HourOf(7, 7, 2));
  EXPECT_TRUE(CheckLostHours(all).ok());
}

TEST(LostHours, SpanTakesInEveryHourThatItTouches) {
  std::vector<LostHours> all;
  for (const std::uint32_t hour : {2U, 4U, 6U, 8U}) AddLostHours(HourOf(hour), all);
  AddLostHours(HourOf(4, 7), all);
  EXPECT_EQ(all, (std::vector<LostHours>{HourOf(2), HourOf(4, 7, 3), HourOf(8)}));
  AddLostHours(HourOf(5), all);
  EXPECT_EQ(all[1], HourOf(4, 7, 4)) << "an hour that is in a span already";
}

TEST(LostHours, WhereThereAreTooManyTheTwoOldestBecomeOneAndNothingIsLost) {
  std::vector<LostHours> all;
  AddLostHours(LostHours::Unknown(1), all);
  for (std::uint32_t hour = 200; hour > 0; --hour) AddLostHours(HourOf(hour), all);
  ASSERT_EQ(all.size(), kMostLostHours);
  EXPECT_EQ(all[0], LostHours::Unknown(1));
  EXPECT_EQ(all[1], HourOf(1, 106, 106));
  EXPECT_EQ(all[2], HourOf(107));
  EXPECT_EQ(all.back(), HourOf(200));
  EXPECT_TRUE(CheckLostHours(all).ok());
  EXPECT_EQ(WithAtMost(2, all), (std::vector<LostHours>{LostHours::Unknown(1), HourOf(1, 200, 200)}));
  EXPECT_EQ(WithAtMost(kMostLostHours, all), all);
}

TEST(LostHours, SumsStopAtTheirEnd) {
  LostHours huge = HourOf(1);
  huge.inferences = kLargestLostSum;
  huge.prompt_tokens = {UINT32_MAX, kLargestLostSum};
  huge.inference_times.fill(UINT32_MAX);
  huge.inference_time_us = kLargestLostSum;
  std::vector<LostHours> all = {huge};
  AddLostHours(huge, all);
  EXPECT_EQ(all, std::vector<LostHours>{huge});
}

TEST(LostHours, BytesComeBack) {
  for (const auto& all : {std::vector<LostHours>(), std::vector<LostHours>{LostHours::Unknown(9)}, FullHours()}) {
    std::string bytes;
    AppendLostHours(all, bytes);
    EXPECT_EQ(bytes.size(), 4 + all.size() * kLostHoursBytes);
    const auto decoded = DecodeLostHours(bytes);
    ASSERT_TRUE(decoded.ok()) << decoded.status().message();
    EXPECT_EQ(*decoded, all);
    EXPECT_FALSE(DecodeLostHours(bytes + "x").ok());
    EXPECT_FALSE(DecodeLostHours(bytes.substr(0, bytes.size() - 1)).ok());
  }
}

TEST(LostHours, WhatNobodyWritesIsRefused) {
  const auto is_refused = [](const std::vector<LostHours>& all) {
    std::string bytes;
    AppendLostHours(all, bytes);
    return DecodeLostHours(bytes).status().code() == Code::kDataLoss;
  };
  const auto is_refused_with = [&](auto change) {
    LostHours one = HourOf(5);
    change(one);
    return is_refused({one});
  };
  EXPECT_FALSE(is_refused({HourOf(5), HourOf(6)}));
  EXPECT_TRUE(is_refused({HourOf(5), HourOf(5)})) << "an hour twice";
  EXPECT_TRUE(is_refused({HourOf(6), HourOf(5)})) << "out of order";
  EXPECT_TRUE(is_refused({HourOf(5), LostHours::Unknown(1)})) << "out of order";
  EXPECT_TRUE(is_refused({LostHours::Unknown(1), LostHours::Unknown(1)}));
  EXPECT_TRUE(is_refused(std::vector<LostHours>(kMostLostHours + 1, HourOf(1))));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.hours = {6, 5}; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.hours = {5, 2'016'168}; })) << "the year 2200";
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.inferences = 0; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.inferences = kLargestLostSum + 1; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.failed_inferences = 2; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.failed_inferences = 1; })) << "but it tells a time";
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.prompt_tokens = {2, 5}; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.prompt_tokens = {0, 5}; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.generated_tokens = {1, kLargestLostSum + 1}; }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.inference_times.fill(1); }));
  EXPECT_TRUE(is_refused_with([](LostHours& one) { one.inference_times.fill(0); })) << "a total of nothing";
}

TEST(LostHours, JsonHasTheNamesOfTheFieldTableAndOnlyWhatWasTold) {
  std::vector<LostHours> all = {LostHours::Unknown(2), LostHours::Of(RecordAt("2025-09-26T10:30:00Z"))};
  AddLostHours(HourOf(kTenOClock + 1), all);
  std::string json;
  AppendLostHoursJson(all, json);
  EXPECT_EQ(json, R"([{"total_inferences":2,"failed_inferences":0},)"
                  R"({"first_hour":"2025-09-26T10:00:00.000000Z","last_hour":"2025-09-26T10:00:00.000000Z",)"
                  R"("total_inferences":1,"failed_inferences":0,"prompt_tokens":{"count":1,"total":30},)"
                  R"("generated_tokens":{"count":1,"total":7},)"
                  R"("inference_time_ms":{"count":1,"total":100.25,"histogram":[0,0,0,1,0,0,0,0,0,0,0,0,0,0,0,0,0]}},)"
                  R"({"first_hour":"2025-09-26T11:00:00.000000Z","last_hour":"2025-09-26T11:00:00.000000Z",)"
                  R"("total_inferences":1,"failed_inferences":0,)"
                  R"("inference_time_ms":{"count":1,"total":20,"histogram":[0,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0,0]}}])");
  json.clear();
  AppendLostHoursJson({}, json);
  EXPECT_EQ(json, "[]");
}

}  // namespace
}  // namespace inferometer::store
