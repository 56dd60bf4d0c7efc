// With a real broker.
#include "device/publisher.h"

#include <gtest/gtest.h>

#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"
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
                                      [this](const std::string& problem) {
                                        const std::lock_guard lock(mutex_);
                                        problems_.push_back(problem);
                                      });
    ASSERT_TRUE(publisher.ok()) << publisher.status().message();
    publisher_ = std::move(*publisher);
    ASSERT_TRUE(mailbox_.AwaitMessages(1));  // online
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
  std::vector<std::string> problems_;  // protected by mutex_
  std::unique_ptr<Publisher> publisher_;
};

TEST_F(PublisherTest, EachKindHasItsTopic) {
  InferenceRecord record;
  record.device_id = "abc";
  record.model_name = "m";
  record.record_id = "abc/1/1";
  publisher_->PublishRecord(record);
  publisher_->PublishAnalysis(record, "All \"well\".");
  publisher_->PublishSummary(store::Summarise({}, "abc"));
  EXPECT_EQ(On("iot/metrics/abc", 4),
            std::vector<std::string>{R"({"device_id":"abc","model_name":"m","record_id":"abc/1/1"})"});
  EXPECT_EQ(On("iot/analysis/abc", 4),
            std::vector<std::string>{
                R"({"device_id":"abc","record_id":"abc/1/1","model_name":"m","analysis":"All \"well\"."})"});
  EXPECT_EQ(
      On("iot/metrics/abc/summary", 4),
      std::vector<std::string>{R"({"device_id":"abc","model_name":"","total_inferences":0,"failed_inferences":0})"});
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

TEST_F(PublisherTest, StatusHasContextAndLosses) {
  publisher_->SetContext({{"schema_version", std::int64_t{1}}});
  publisher_->PublishStatus({.telemetry_malformed = 0, .telemetry_dropped = 7, .records_unsaved_dropped = 2});
  const auto statuses = On("iot/status/abc", 2);
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_NE(statuses[1].find(R"("losses":{"telemetry_malformed":0,"telemetry_dropped":7,"records_unsaved_dropped":2,)"
                             R"("messages_dropped":0,"messages_refused":0},"context":{"schema_version":1}})"),
            std::string::npos)
      << statuses[1];
}

TEST_F(PublisherTest, GoodByeIsARetainedOffline) {
  const std::stop_source stop;
  EXPECT_TRUE(publisher_->Drain(std::chrono::seconds(5), stop.get_token()));
  EXPECT_TRUE(publisher_->Stop(std::chrono::seconds(5)));
  const auto statuses = On("iot/status/abc", 2);
  ASSERT_EQ(statuses.size(), 2U);
  EXPECT_NE(statuses[1].find(R"("status":"offline")"), std::string::npos);
}

TEST_F(PublisherTest, DrainOfADeadBrokerEndsInTime) {
  broker_.Kill();
  publisher_->PublishRecord({});
  const std::stop_source stop;
  EXPECT_FALSE(publisher_->Drain(std::chrono::milliseconds(200), stop.get_token()));
}

}  // namespace
}  // namespace inferometer::device
