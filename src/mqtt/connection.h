#pragma once
// The device's and the hub's tie to an MQTT 5 broker: one network thread that connects, keeps, and connects again.

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

#include "inferometer/status.h"
#include "mqtt/options.h"

namespace inferometer::mqtt {

class Network;

// Publish, WaitUntilAcknowledged, Unsubscribe and stats are safe from any thread, Publish and stats also from the
// handlers. Stop and the destructor belong to the owner, one call at a time, never from a handler. No call but the
// waiting ones waits for anything but a short lock.
//
// Delivery: a message reaches the broker exactly once while the connection stands, and at least once when it broke
// before the broker's acknowledgement came; with a ticket at most once, see Message. What a broker acknowledged and
// then lost (killed before it had delivered) is lost: an acknowledgement of the broker is not one of the hub.
//
// The broker may be absent, hang, die, come back, or refuse: the thread reports it, waits (BackOff) and tries again,
// until Stop. Ignores SIGPIPE for the whole process, as libmosquitto does.
class Connection {
 public:
  // Returns at once; an error is about the options. The handlers' targets must live until Stop has returned.
  [[nodiscard]] static Result<std::unique_ptr<Connection>> Start(Options options, Handlers handlers);
  // Stop without a last message, without waiting; with the last will, unless Stop was called before.
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Puts the message behind all others; what happens to it shows in stats(). After Stop it is counted as dropped.
  // False: it was not taken. With a ticket that means that the connection is not online, or that the queue is full.
  bool Publish(Message message);

  // Waits until nothing is pending; false when the time was over before. What has a ticket counts only until it is
  // answered or forgotten.
  bool WaitUntilAcknowledged(std::chrono::milliseconds at_most);

  // Ends the subscriptions for good. True: everything that the broker had sent for them has been handed to on_message.
  // False: there is no connection, it broke, or the time was over before.
  bool Unsubscribe(std::chrono::milliseconds at_most);

  // Publishes the last messages behind all others, waits at most that long until everything pending is acknowledged,
  // and disconnects: without the last will when all was acknowledged, else with it, so that the broker tells of the
  // end what the last messages could not. Returns whether all was acknowledged. No handler runs after it has returned.
  // Takes up to half a second more than `at_most`, plus the time of a handler that runs.
  bool Stop(std::vector<Message> last_messages, std::chrono::milliseconds at_most);

  [[nodiscard]] Stats stats() const;

 private:
  explicit Connection(std::shared_ptr<Network> network);
  bool End(std::vector<Message> last_messages, std::chrono::milliseconds at_most, bool with_last_will);

  std::shared_ptr<Network> network_;  // the thread holds it, too
  std::thread thread_;
};

}  // namespace inferometer::mqtt
