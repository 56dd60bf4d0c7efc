#pragma once
// For tests: a device's shipping with a real journal, a real broker, and a watcher that answers as a hub would.

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "device/shipping.h"
#include "mqtt/broker_for_tests.h"
#include "mqtt/mailbox_for_tests.h"
#include "os/temporary_folder.h"
#include "store/journal_for_tests.h"

namespace inferometer::device {

inline constexpr std::uint64_t kHub = 0xab;

inline std::string Line(store::StreamId stream, std::uint64_t sequence) {
  return R"({"stream":)" + std::to_string(stream) + R"(,"sequence":)" + std::to_string(sequence) + "}";
}

class ShippingTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(broker_.Start());
    watcher_ = mqtt::MustStart(mqtt::QuickOptions(broker_.port(), "watcher", {"iot/#"}), mailbox_.handlers());
    ASSERT_TRUE(mailbox_.AwaitOnline());
  }
  void TearDown() override { EndRun(); }

  // As a new run of the program, online; what was not closed is as after a SIGKILL.
  void Start() {
    EndRun();
    KeepingOptions options{.folder = folder_.path() / "abc", .device_id = "abc", .is_shipping = true};
    options.journal.stream = ++stream_;
    options.journal.segment_bytes = 64 << 10U;
    options.journal.keep_free_bytes = 0;
    auto keeping = RecordKeeping::Open(std::move(options), os::SystemFileCalls(), clock_);
    ASSERT_TRUE(keeping.ok()) << keeping.status().message();
    keeping_ = std::move(*keeping);
    shipping_.emplace(
        *keeping_, os::SystemFileCalls(), mqtt::Outbox::Options{}, [] { return 0.5; },
        [this](const std::string& problem) { problems_.push_back(problem); });
    auto publisher =
        Publisher::Start({mqtt::QuickOptions(broker_.port(), "abc"), "abc", false}, inbox_, clock_, Events());
    ASSERT_TRUE(publisher.ok()) << publisher.status().message();
    publisher_ = std::move(*publisher);
    shipping_->Attach(*publisher_, clock_.Steady());
    sequence_ = 0;
    Work([this] { return publisher_->stats().online; });
  }
  void EndRun() {
    publisher_.reset();  // no event comes any more
    events_.clear();
    shipping_.reset();
    keeping_.reset();
  }
  void AppendDurable(int count, std::size_t more_bytes = 0) {
    Append(count, more_bytes);
    ASSERT_TRUE(keeping_->Sync().ok());
  }
  void Append(int count, std::size_t more_bytes = 0) {
    for (int i = 0; i < count; ++i) {
      ++sequence_;
      keeping_->Append(sequence_, Line(stream_, sequence_) + std::string(more_bytes, ' '));
    }
    ASSERT_TRUE(keeping_->Write().ok());
  }
  // As a hub that holds everything of the stream up to there. Until it says something first, the broker's answers
  // count, and then all is sent again.
  void Acknowledge(std::uint64_t upto) {
    mqtt::Acknowledgement ack;
    ack.store_id = kHub;
    ack.acks = {{stream_, upto}};
    Answer(ack);
  }
  void Answer(const mqtt::Acknowledgement& ack) {
    std::string text;
    mqtt::AppendJson(ack, text);
    // A hub speaks only of what it was sent: an answer that is ahead counts for nothing.
    shipping_->Work(clock_.Steady());
    const int before = acknowledgements_;
    watcher_->Publish({"iot/ack/abc", text});
    Work([&] { return acknowledgements_ > before; });
  }
  // Lets the shipping work until that is so.
  void Work(const std::function<bool()>& until) {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    do {
      TakeEvents();
      shipping_->Work(clock_.Steady());
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    } while (!until() && std::chrono::steady_clock::now() < end);
    EXPECT_TRUE(until());
  }
  void WorkUntilSent(std::size_t records) {
    Work([&] { return Sent().size() >= records; });
  }
  // What the watcher has seen of records, in the order of their arrival.
  std::vector<std::string> Sent() { return On("iot/metrics/abc"); }
  std::string LastStatus() {
    const auto all = On("iot/status/abc");
    return all.empty() ? "" : all.back();
  }
  void WorkUntilStatusHas(const std::string& part) {
    Work([&] { return LastStatus().find(part) != std::string::npos; });
  }

  os::TemporaryFolder folder_;
  store::HandClock clock_;
  std::unique_ptr<RecordKeeping> keeping_;
  std::optional<Shipping> shipping_;
  std::vector<std::string> problems_;
  store::StreamId stream_ = 0;
  std::uint64_t sequence_ = 0;

 private:
  std::vector<std::string> On(const std::string& topic) {
    std::vector<std::string> payloads;
    for (const auto& [on, payload] : mailbox_.messages()) {
      if (on == topic) payloads.push_back(payload);
    }
    return payloads;
  }
  Publisher::Events Events() {
    return {.on_problem = {},
            .on_online = [this] { Later([this] { shipping_->OnOnline(clock_.Steady()); }); },
            .on_offline = [this] { Later([this] { shipping_->OnOffline(); }); },
            .on_acknowledgement =
                [this](const mqtt::Acknowledgement& ack) {
                  Later([this, ack] {
                    shipping_->OnAcknowledgement(ack, clock_.Steady());
                    ++acknowledgements_;
                  });
                },
            .on_answer =
                [this](std::uint64_t ticket, const mqtt::Answer& answer) {
                  Later([this, ticket, answer] { shipping_->OnAnswer(ticket, answer, clock_.Steady()); });
                }};
  }
  void Later(std::function<void()> event) {
    const std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }
  void TakeEvents() {
    std::vector<std::function<void()>> events;
    {
      const std::lock_guard lock(mutex_);
      events.swap(events_);
    }
    for (const auto& event : events) event();
  }

  mqtt::BrokerForTests broker_;
  mqtt::Mailbox mailbox_;
  std::unique_ptr<mqtt::Connection> watcher_;
  Inbox inbox_{1};
  int acknowledgements_ = 0;
  std::mutex mutex_;
  std::vector<std::function<void()>> events_;  // protected by mutex_
  std::unique_ptr<Publisher> publisher_;
};

}  // namespace inferometer::device
