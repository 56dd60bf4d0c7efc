// With a real broker.
#include "device/publisher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <mutex>
#include <semaphore>

#include "base/timestamp.h"
#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"
#include "mqtt/topics.h"
#include "probe/manual_clock.h"
#include "store/ledger_for_tests.h"
#include "telemetry/sensor_message.h"

namespace inferometer::device {
namespace {

telemetry::SensorMessage Message(const std::string& device_id) {
  telemetry::SensorMessage message;
  message.device_id = device_id;
  message.temp = 21.5;
  return message;
}

class PublisherTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.Start());
    watcher_ = mqtt::MustStart(mqtt::QuickOptions(broker_.port(), "watcher", {"iot/#"}), mailbox_.handlers());
    ASSERT_TRUE(mailbox_.AwaitOnline());
    auto publisher = Publisher::Start({mqtt::QuickOptions(broker_.port(), "abc"), "abc", true}, inbox_, clock_,
                                      {.on_problem =
                                           [this](const std::string& problem) {
                                             const std::lock_guard lock(mutex_);
                                             problems_.push_back(problem);
                                           },
                                       .on_online = [this] { online_.release(); },
                                       .on_offline = {},
                                       .on_acknowledgement =
                                           [this](const mqtt::Acknowledgement& one) {
                                             const std::lock_guard lock(mutex_);
                                             acknowledgements_.push_back(one);
                                           },
                                       .on_answer =
                                           [this](std::uint64_t ticket, const mqtt::Answer& answer) {
                                             const std::lock_guard lock(mutex_);
                                             answers_.emplace_back(ticket, answer.kind);
                                           }});
    ASSERT_TRUE(publisher.ok()) << publisher.status().message();
    publisher_ = std::move(*publisher);
    ASSERT_TRUE(online_.try_acquire_for(std::chrono::seconds(20)));
  }
  void TearDown() override {
    publisher_.reset();
    watcher_.reset();
  }
  // What came on `topic`, the first `count` messages of all topics being awaited.
  std::vector<std::string> On(const std::string& topic, std::size_t count) {
    EXPECT_TRUE(mailbox_.AwaitMessages(count));
    std::vector<std::string> payloads;
    for (const auto& [on, payload] : mailbox_.messages()) {
      if (on == topic) payloads.push_back(payload);
    }
    return payloads;
  }
  std::vector<std::string> Problems() {
    const std::lock_guard lock(mutex_);
    return problems_;
  }

  mqtt::BrokerForTests broker_;
  base::SystemClock clock_;
  Inbox inbox_{100};
  mqtt::Mailbox mailbox_;
  std::unique_ptr<mqtt::Connection> watcher_;
  std::mutex mutex_;
  std::binary_semaphore online_{0};
  std::vector<std::string> problems_;                                  // protected by mutex_
  std::vector<mqtt::Acknowledgement> acknowledgements_;                // protected by mutex_
  std::vector<std::pair<std::uint64_t, mqtt::Answer::Kind>> answers_;  // protected by mutex_
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherTest, EachKindHasItsTopic) {
  InferenceRecord record;
  record.device_id = "abc";
  record.model_name = "m";
  record.record_id = "abc/1/1";
  publisher_->SendRecord(R"({"a":1})", 7);
  publisher_->PublishAnalysis(record, "All \"well\".");
  publisher_->PublishSummary(store::Summarise({}, "abc"));
  EXPECT_EQ(On("iot/metrics/abc", 3), std::vector<std::string>{R"({"a":1})"});
  EXPECT_EQ(On("iot/analysis/abc", 3),
            std::vector<std::string>{
                R"({"device_id":"abc","record_id":"abc/1/1","model_name":"m","analysis":"All \"well\"."})"});
  EXPECT_EQ(
      On("iot/metrics/abc/summary", 3),
      std::vector<std::string>{R"({"device_id":"abc","model_name":"","total_inferences":0,"failed_inferences":0})"});
}

// Or a clock that is set in between would anchor its boot's records at the time from before.
TEST_F(PublisherTest, StatusTellsTheTimeOfAfterItsClockFacts) {
  probe::ManualClock clock;
  const auto facts = [&clock] {
    clock.wall = *base::ParseTimestamp("2026-11-29T12:00:00Z");
    return ClockFacts{.boot_id = "b", .boottime_ms = 7, .is_synchronised = true};
  };
  auto publisher = Publisher::Start({mqtt::QuickOptions(broker_.port(), "abd"), "abd", false, facts}, inbox_, clock,
                                    {.on_problem = [](const std::string&) {},
                                     .on_online = {},
                                     .on_offline = {},
                                     .on_acknowledgement = {},
                                     .on_answer = {}});
  ASSERT_TRUE(publisher.ok()) << publisher.status().message();
  (*publisher)->PublishStatus({});
  EXPECT_THAT(On("iot/status/abd", 1).at(0), testing::HasSubstr("2026-11-29T12:00:00.000000Z"));
}

TEST_F(PublisherTest, AcknowledgementsAreHandedOnAndMalformedOnesNamed) {
  watcher_->Publish({"iot/ack/abc", "nonsense"});
  watcher_->Publish({"iot/ack/abc", R"({"v":1,"store_id":"00000000000000ab","acks":[]})"});
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  for (bool arrived = false; !arrived && std::chrono::steady_clock::now() < end;) {
    const std::lock_guard lock(mutex_);
    arrived = !acknowledgements_.empty();
  }
  const std::lock_guard lock(mutex_);
  ASSERT_EQ(acknowledgements_.size(), 1U);
  EXPECT_EQ(acknowledgements_[0].store_id, 0xabU);
  ASSERT_EQ(problems_.size(), 1U);
  EXPECT_NE(problems_[0].find("iot/ack/abc"), std::string::npos);
}

TEST_F(PublisherTest, TelemetryReachesTheInboxAndTheRestIsCountedAndNamed) {
  std::string good;
  telemetry::AppendJson(Message("abc"), good);
  std::string of_another;
  telemetry::AppendJson(Message("other"), of_another);
  for (const std::string& payload : {std::string("nonsense"), of_another, good}) {
    watcher_->Publish({"iot/telemetry/abc", payload});
  }
  const std::stop_source stop;
  EXPECT_EQ(inbox_.Take(stop.get_token())->temp, 21.5);
  EXPECT_EQ(publisher_->malformed(), 2U);
  ASSERT_EQ(Problems().size(), 2U);
  EXPECT_NE(Problems()[0].find("iot/telemetry/abc"), std::string::npos);
  EXPECT_NE(Problems()[1].find("other"), std::string::npos);
}

TEST_F(PublisherTest, OnlyTheFirstMalformedMessagesAreNamed) {
  for (int i = 0; i < 50; ++i) watcher_->Publish({"iot/telemetry/abc", "nonsense"});
  std::string good;
  telemetry::AppendJson(Message("abc"), good);
  watcher_->Publish({"iot/telemetry/abc", good});
  const std::stop_source stop;
  ASSERT_TRUE(inbox_.Take(stop.get_token()).has_value());
  EXPECT_EQ(publisher_->malformed(), 50U);
  EXPECT_EQ(Problems().size(), 11U);
}

TEST_F(PublisherTest, StatusHasContextAndLossesAndWhatIsHeld) {
  publisher_->SetContext({{"schema_version", std::int64_t{1}}});
  publisher_->SetLosses({.telemetry_malformed = 0, .telemetry_dropped = 7});
  publisher_->PublishStatus({.lag_records = 3,
                             .lost_records = 2,
                             .streams = {{0xab, 1, 9}, {0xcd, 1, 0}},
                             .lost = {{4, 0xab, 5, 6, 2, store::LossReason::kEvicted}},
                             .lost_hours = {store::LostHours::Unknown(2)}});
  const auto statuses = On("iot/status/abc", 1);
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_NE(
      statuses[0].find(R"("lag_records":3,"losses":{"telemetry_malformed":0,"telemetry_dropped":7,"records_lost":2,)"
                       R"("messages_dropped":0,"messages_refused":0},"streams":[)"
                       R"({"stream":"00000000000000ab","first":1,"last":9},)"
                       R"({"stream":"00000000000000cd","first":1,"last":0}],"lost":[)"
                       R"({"n":4,"stream":"00000000000000ab","from":5,"to":6,"count":2,"reason":"evicted"}],)"
                       R"("lost_hours":[{"total_inferences":2,"failed_inferences":0}],)"
                       R"("context":{"schema_version":1}})"),
      std::string::npos)
      << statuses[0];
}

// All that can be said at once: of the rest nothing is left out, and of the lost hours no sum.
TEST_F(PublisherTest, StatusWithTheMostLostHoursIsStillOneThatAHubTakes) {
  publisher_->SetContext({{"schema_version", std::string(8'000, 'x')}});
  ShippingStatus status;
  for (std::uint64_t i = 1; i <= 256; ++i) {
    status.streams.push_back({i, 1, 100'000});
    status.lost.push_back({i, i, 1, 100'000, 100'000, store::LossReason::kEvicted});
  }
  for (const store::LostHours& one : store::FullHours()) AddLostHours(one, status.lost_hours);
  publisher_->PublishStatus(status);
  const auto statuses = On("iot/status/abc", 1);
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_LE(statuses[0].size(), mqtt::kLargestStatusBytes);
  EXPECT_NE(statuses[0].find(R"("lost_hours":[{"first_hour":"1970-01-01T00:00:00.000000Z")"), std::string::npos);
  EXPECT_NE(statuses[0].find(R"("last_hour":"1970-01-08T23:00:00.000000Z")"), std::string::npos);
  EXPECT_NE(statuses[0].find(R"("context":{"schema_version":"xxx)"), std::string::npos);
}

TEST_F(PublisherTest, GoodByeIsARetainedOffline) {
  EXPECT_TRUE(publisher_->Stop(std::chrono::seconds(5)));
  const auto statuses = On("iot/status/abc", 1);
  ASSERT_EQ(statuses.size(), 1U);
  EXPECT_NE(statuses[0].find(R"("status":"offline")"), std::string::npos);
}

TEST_F(PublisherTest, StopAtADeadBrokerEndsInTime) {
  broker_.Kill();
  publisher_->PublishSummary({});
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(publisher_->Stop(std::chrono::milliseconds(200)));
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

}  // namespace
}  // namespace inferometer::device
