#pragma once
// For tests: a journal's owner that remembers what it was told, and a clock that stands until it is moved.

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "store/journal.h"
#include "store/journal_reader.h"

namespace inferometer::store {

class HandClock final : public base::Clock {
 public:
  [[nodiscard]] std::chrono::nanoseconds Steady() const override { return steady_; }
  [[nodiscard]] WallTime Wall() const override {
    return WallTime(std::chrono::microseconds(1759833015123456) +
                    std::chrono::floor<std::chrono::microseconds>(steady_));
  }
  void Pass(std::chrono::nanoseconds time) { steady_ += time; }

 private:
  std::chrono::nanoseconds steady_{0};
};

class OwnerForTests final : public JournalOwner {
 public:
  [[nodiscard]] std::string Checkpoint() override { return checkpoint; }
  [[nodiscard]] bool IsDone(const SegmentInfo& segment) override { return segment.last_sequence <= done_upto; }
  [[nodiscard]] Status GiveUp(const SegmentInfo& segment) override {
    if (!may_give_up) return {Code::kFailedPrecondition, "kept"};
    for (std::uint64_t i = segment.first_sequence; segment.has_records() && i <= segment.last_sequence; ++i) {
      given_up.insert(i);
    }
    return Ok();
  }
  void OnDurable(EntryType type, std::uint64_t sequence, Position position, std::string payload) override {
    if (!IsNumbered(type)) return;
    durable[sequence] = position;
    last_durable_payload = std::move(payload);
  }
  void OnDropped(std::uint64_t sequence, std::string_view payload) override {
    dropped.insert(sequence);
    dropped_payloads.emplace_back(payload);
  }

  std::string checkpoint = "state";
  std::uint64_t done_upto = 0;
  bool may_give_up = true;
  std::map<std::uint64_t, Position> durable;
  std::string last_durable_payload;
  std::set<std::uint64_t> given_up;
  std::set<std::uint64_t> dropped;
  std::vector<std::string> dropped_payloads;
};

// A payload that tells of itself, so that a wrong one is seen; of some hundred bytes, and now and then of many.
inline std::string PayloadOf(StreamId stream, std::uint64_t sequence) {
  std::string text =
      "{\"stream\":" + std::to_string(stream) + ",\"sequence\":" + std::to_string(sequence) + ",\"fill\":\"";
  const std::size_t fill = sequence % 37 == 0 ? 50'000 : 100 + sequence * 7919 % 900;
  text.append(fill, static_cast<char>('a' + sequence % 26));
  return text + "\"}";
}

}  // namespace inferometer::store
