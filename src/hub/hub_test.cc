// With a real broker, a connection that speaks as a device does, and a disk that can be full or held up.
#include "hub/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <future>

#include "base/record_key.h"
#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"
#include "os/faulty_files.h"
#include "os/temporary_folder.h"

namespace inferometer::hub {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using testing::HasSubstr;

constexpr std::uint64_t kStream = 7;

std::string Record(std::uint64_t sequence) {
  return R"({"timestamp":"2026-10-07T10:30:15.000001Z","device_id":"pi-07","model_name":"m","inference_time_ms":1,)"
         R"("status":"ok","record_id":")" +
         base::RecordIdText({"pi-07", kStream, sequence}) + "\"}";
}

bool Await(const std::function<bool()>& condition) {
  const auto end = steady_clock::now() + seconds(20);
  while (!condition() && steady_clock::now() < end) std::this_thread::sleep_for(milliseconds(2));
  return condition();
}

class HubTest : public testing::Test {
 protected:
  void TearDown() override {
    is_held_up_ = false;
    device_.reset();
    hub_.reset();
  }
  void StartBroker() {
    ASSERT_TRUE(broker_.Start());
    device_ = mqtt::MustStart(mqtt::QuickOptions(broker_.port(), "pi-07", {"iot/ack/pi-07"}), mailbox_.handlers());
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  void StartHub() {
    hub_.reset();
    HubOptions options{.broker = mqtt::QuickOptions(broker_.port(), "hub"),
                       .collector = {.folder = folder_.path() / "hub", .new_store_id = 5},
                       .most_waiting_bytes = most_waiting_bytes_,
                       .patience = patience_};
    options.collector.journal.stream = ++own_stream_;
    options.collector.journal.keep_free_bytes = 0;
    options.collector.journal.retry_first = milliseconds(20);
    options.collector.journal.retry_most = milliseconds(20);
    auto hub = Hub::Start(std::move(options), files_, clock_,
                          {.on_online = [this] { ++online_; },
                           .on_problem =
                               [this](const std::string& problem) {
                                 const std::lock_guard lock(mutex_);
                                 problems_.push_back(problem);
                               },
                           .on_report = {}});
    ASSERT_TRUE(hub.ok()) << hub.status().message();
    hub_ = std::move(*hub);
  }
  void StartBoth() {
    StartBroker();
    StartHub();
    ASSERT_TRUE(Await([this] { return online_ > 0; }));
  }
  void Send(std::uint64_t sequence) { device_->Publish({"iot/metrics/pi-07", Record(sequence)}); }
  // Whether the device heard that everything up to there is on the hub's disk.
  bool AwaitAcknowledged(std::uint64_t upto) {
    const std::string said = R"("upto":)" + std::to_string(upto) + "}";
    return Await([&] {
      const auto messages = mailbox_.messages();
      return std::any_of(messages.begin(), messages.end(),
                         [&](const auto& one) { return one.second.find(said) != std::string::npos; });
    });
  }
  bool AwaitProblem(const std::string& part) {
    return Await([&] {
      const std::lock_guard lock(mutex_);
      return std::any_of(problems_.begin(), problems_.end(),
                         [&](const std::string& one) { return one.find(part) != std::string::npos; });
    });
  }
  // All that stands in the device's files.
  [[nodiscard]] std::string Files() const {
    std::string all;
    std::error_code ignored;
    for (const auto& one : std::filesystem::directory_iterator(folder_.path() / "hub/pi-07", ignored)) {
      all += os::ReadFile(one.path(), 1 << 20).value();
    }
    return all;
  }
  int Fault() {
    while (is_held_up_) std::this_thread::sleep_for(milliseconds(1));
    return is_disk_full_ ? ENOSPC : 0;
  }

  os::TemporaryFolder folder_;
  base::SystemClock clock_;
  std::atomic<bool> is_held_up_ = false;
  std::atomic<bool> is_disk_full_ = false;
  os::FaultyFileCalls files_{[this](int) { return Fault(); }};
  mqtt::BrokerForTests broker_;
  mqtt::Mailbox mailbox_;
  std::unique_ptr<mqtt::Connection> device_;
  std::size_t most_waiting_bytes_ = std::size_t{1} << 20U;
  milliseconds patience_{50};
  std::uint64_t own_stream_ = 0;
  std::atomic<int> online_ = 0;
  std::mutex mutex_;
  std::vector<std::string> problems_;  // protected by mutex_
  std::unique_ptr<Hub> hub_;           // last: its threads end before all else
};

TEST_F(HubTest, WhatItAcknowledgesStandsInAFileAfterItsStop) {
  StartBoth();
  Send(1);
  Send(2);
  EXPECT_TRUE(AwaitAcknowledged(2));
  EXPECT_TRUE(hub_->Stop().ok());
  EXPECT_EQ(hub_->Report().records, 2U);
  EXPECT_EQ(hub_->Report().unsaved, 0U);
  EXPECT_THAT(Files(), HasSubstr(base::RecordIdText({"pi-07", kStream, 2})));
}

TEST_F(HubTest, WhatTheBrokerHasSentBeforeTheStopIsTaken) {
  most_waiting_bytes_ = 1000;
  patience_ = seconds(20);
  StartBoth();
  is_held_up_ = true;
  for (std::uint64_t sequence = 1; sequence <= 20; ++sequence) Send(sequence);
  ASSERT_TRUE(device_->WaitUntilAcknowledged(seconds(10)));  // by the broker
  auto stopped = std::async(std::launch::async, [this] { return hub_->Stop(); });
  std::this_thread::sleep_for(milliseconds(20));
  is_held_up_ = false;
  EXPECT_TRUE(stopped.get().ok());
  EXPECT_EQ(hub_->Report().records, 20U);
  EXPECT_EQ(hub_->Report().not_taken, 0U);
}

TEST_F(HubTest, WhatAKilledHubAcknowledgedTheNextOneSaves) {
  StartBoth();
  Send(1);
  EXPECT_TRUE(AwaitAcknowledged(1));
  hub_.reset();
  EXPECT_EQ(Files(), "");
  online_ = 0;
  StartHub();
  ASSERT_TRUE(Await([this] { return online_ > 0; }));
  Send(1);
  Send(2);
  EXPECT_TRUE(AwaitAcknowledged(2));
  EXPECT_TRUE(hub_->Stop().ok());
  EXPECT_EQ(hub_->Report().duplicates, 1U);
  EXPECT_THAT(Files(), HasSubstr(base::RecordIdText({"pi-07", kStream, 1})));
}

TEST_F(HubTest, BrokerThatComesLaterIsFound) {
  StartHub();
  EXPECT_TRUE(AwaitProblem("broker"));
  StartBroker();
  ASSERT_TRUE(Await([this] { return online_ > 0; }));
  Send(1);
  EXPECT_TRUE(AwaitAcknowledged(1));
}

TEST_F(HubTest, StatusIsAnsweredWithWhatIsStored) {
  StartBoth();
  Send(1);
  ASSERT_TRUE(AwaitAcknowledged(1));
  const std::size_t before = mailbox_.messages().size();
  device_->Publish(
      {"iot/status/pi-07",
       R"({"status":"online","device_id":"pi-07","streams":[{"stream":"0000000000000007","first":1,"last":1}]})"});
  ASSERT_TRUE(mailbox_.AwaitMessages(before + 1));
  EXPECT_THAT(mailbox_.messages().back().second, HasSubstr(R"("upto":1)"));
}

TEST_F(HubTest, NothingIsAcknowledgedWhileTheDiskIsFullAndItGoesOnByItself) {
  StartBoth();
  Send(1);
  ASSERT_TRUE(AwaitAcknowledged(1));
  is_disk_full_ = true;
  Send(2);
  EXPECT_TRUE(AwaitProblem("nothing is taken while the disk fails"));
  EXPECT_EQ(mailbox_.messages().size(), 1U);
  is_disk_full_ = false;
  const auto sends_again = [this, tries = 0]() mutable {
    if (tries++ % 20 == 0) Send(2);
    const auto messages = mailbox_.messages();
    return messages.back().second.find(R"("upto":2)") != std::string::npos;
  };
  EXPECT_TRUE(Await(sends_again));
}

TEST_F(HubTest, MessagesThatFindNoRoomWhileTheDiskAnswersNothingAreCountedAndNotAcknowledged) {
  most_waiting_bytes_ = 1000;
  StartBoth();
  Send(1);
  ASSERT_TRUE(AwaitAcknowledged(1));
  is_held_up_ = true;
  for (std::uint64_t sequence = 2; sequence <= 20; ++sequence) Send(sequence);
  EXPECT_TRUE(device_->WaitUntilAcknowledged(seconds(10)));  // by the broker
  std::this_thread::sleep_for(milliseconds(500));            // some times the patience
  is_held_up_ = false;
  EXPECT_TRUE(hub_->Stop().ok());
  const CollectorReport report = hub_->Report();
  EXPECT_GT(report.not_taken, 0U);
  EXPECT_EQ(report.records + report.not_taken, 20U);
}

}  // namespace
}  // namespace inferometer::hub
