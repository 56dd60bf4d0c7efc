#pragma once
// For tests: an owner of a journal that notes what the journal tells it.

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/journal.h"

namespace inferometer::store {

// Notes what goes, in its order.
class WatchfulOwner final : public JournalOwner {
 public:
  std::string Checkpoint() override { return "state"; }
  bool IsDone(const SegmentInfo& segment) override { return segment.last_sequence <= done_upto; }
  Status GiveUp(const SegmentInfo& segment) override {
    if (!may_give_up) return {Code::kUnavailable, "the loss cannot be noted"};
    events.push_back("give up " + std::to_string(segment.segment));
    return Ok();
  }
  void OnDurable(EntryType type, std::uint64_t sequence, Position /*position*/, std::string /*payload*/) override {
    if (IsNumbered(type)) durable.insert(sequence);
  }
  void OnDropped(std::uint64_t sequence, std::string_view /*payload*/) override { dropped.insert(sequence); }

  std::uint64_t done_upto = 0;
  bool may_give_up = true;
  std::vector<std::string> events;
  std::set<std::uint64_t> durable;
  std::set<std::uint64_t> dropped;
};

}  // namespace inferometer::store
