#pragma once
// What is to be published: waiting, or on its way and not yet acknowledged.

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>

#include "mqtt/options.h"

namespace inferometer::mqtt {

// Keeps every message until the broker has answered it, in order, within two bounds; those with a ticket only while the
// connection stands. Not thread-safe.
//
// A message is held here also while libmosquitto has it: the client of a broken connection is thrown away, and what it
// had not got acknowledged waits again, in front of all others. (libmosquitto could resend by itself; but it keeps
// what it could not send among what it has sent, and does not say which is which.)
class Outgoing {
 public:
  Outgoing(std::size_t most_messages, std::size_t most_bytes)
      : most_messages_(most_messages), most_bytes_(most_bytes) {}

  // Takes the message; drops the oldest waiting ones, or this one, where the bounds ask for it. False: this one.
  bool Push(Message message);
  // Counts a message that was not taken.
  void CountRefused() { ++refused_; }
  void CountDropped() { ++dropped_; }

  // Moves the oldest waiting message to those on their way; nothing when none waits or `window` are on their way
  // already. Followed by HandedOver, RefusedLocally or ConnectionBroke.
  [[nodiscard]] std::shared_ptr<const Message> HandOver(std::size_t window);
  void HandedOver(int packet_id);
  void RefusedLocally();

  // The broker's answer to one message, which is returned; nothing for an unknown id.
  std::shared_ptr<const Message> Answered(int packet_id, int reason_code);
  // Everything on its way waits again, and what has a ticket is forgotten.
  void ConnectionBroke();

  [[nodiscard]] std::size_t pending() const { return waiting_.size() + on_their_way_.size(); }
  // Writes the counters into `stats`.
  void Fill(Stats& stats) const;

 private:
  struct OnItsWay {
    std::shared_ptr<const Message> message;
    int packet_id;
  };
  [[nodiscard]] static std::size_t SizeOf(const Message& message);
  void DropOldest();
  // Counts, when it has no ticket.
  static void Count(const Message& message, std::uint64_t& counter);
  void Forget(const std::deque<OnItsWay>::iterator& entry);

  std::size_t most_messages_;
  std::size_t most_bytes_;
  std::size_t bytes_ = 0;  // of all, including:
  std::size_t bytes_on_their_way_ = 0;
  std::deque<std::shared_ptr<const Message>> waiting_;
  std::deque<OnItsWay> on_their_way_;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t without_subscriber_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t refused_ = 0;
  std::optional<int> last_refusal_code_;
};

}  // namespace inferometer::mqtt
