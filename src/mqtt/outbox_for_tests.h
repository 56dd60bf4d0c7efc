#pragma once
// For tests: an outbox with a small window, a journal without holes and a clock that stands.

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "mqtt/outbox.h"

namespace inferometer::mqtt {

inline constexpr std::uint64_t kStore = 0x5705e;
inline constexpr std::uint64_t kStream = 0xa;
inline constexpr std::uint64_t kNewer = 0xb;
inline constexpr Answer kTaken{Answer::Kind::kTaken, 0};
inline constexpr Answer kNobody{Answer::Kind::kNobodyListens, 0x10};
inline constexpr Answer kForbidden{Answer::Kind::kNotAllowed, 0x87};
inline constexpr Answer kTooLarge{Answer::Kind::kTooLarge, std::nullopt};

inline Acknowledgement Ack(std::vector<Acknowledgement::Upto> acks, std::uint64_t store = kStore) {
  Acknowledgement ack;
  ack.store_id = store;
  ack.acks = std::move(acks);
  return ack;
}

// A device whose hub has acknowledged before.
class OutboxTest : public testing::Test {
 protected:
  static constexpr std::size_t kWindow = 4;

  void Begin(std::optional<std::uint64_t> store = kStore) {
    Outbox::Options options;
    options.window = kWindow;
    outbox_.emplace(
        options, [] { return 0.5; }, store);
  }
  // Begins, holds records 1 to `last`, and is online.
  void BeginWith(std::uint64_t last, std::optional<std::uint64_t> store = kStore) {
    Begin(store);
    outbox_->Hold({kStream, 1, 0, 0, 0});
    outbox_->Extend(kStream, last);
    outbox_->OnOnline();
  }
  // Sends what may be sent now, and says what it was: sequences, those of the newer stream plus 100.
  std::vector<std::uint64_t> Send() {
    std::vector<std::uint64_t> sent;
    for (auto step = outbox_->NextStep(now_); step.send_behind; step = outbox_->NextStep(now_)) {
      const RecordPlace record{step.send_behind->stream, step.send_behind->sequence + 1};
      tickets_.push_back(outbox_->Sent(record, now_));
      sent.push_back(record.sequence + (record.stream == kNewer ? 100 : 0));
    }
    return sent;
  }
  // How long nothing is to be done; nothing when only an event helps. REQUIRES: nothing is to be sent.
  std::optional<std::chrono::milliseconds> Wait() {
    const auto step = outbox_->NextStep(now_);
    EXPECT_FALSE(step.send_behind.has_value());
    if (!step.ask_again) return std::nullopt;
    return std::chrono::ceil<std::chrono::milliseconds>(*step.ask_again - now_);
  }
  Outbox::AckOutcome Upto(std::uint64_t sequence) { return outbox_->OnAck(Ack({{kStream, sequence}}), now_); }
  Outbox::Verdict AnswerLast(const Answer& answer) { return outbox_->OnAnswer(tickets_.back(), answer, now_); }
  [[nodiscard]] const Outbox::Counters& counters() const { return outbox_->counters(); }

  std::optional<Outbox> outbox_;
  Outbox::Time now_{std::chrono::seconds(1'000'000)};
  std::vector<std::uint64_t> tickets_;
};

}  // namespace inferometer::mqtt
