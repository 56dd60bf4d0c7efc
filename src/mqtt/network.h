#pragma once
// What a Connection and its network thread share, and the thread's body. Internal to this folder.

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mqtt/back_off.h"
#include "mqtt/options.h"
#include "mqtt/outgoing.h"
#include "mqtt/session.h"
#include "mqtt/subscriptions.h"
#include "os/doorbell.h"

namespace inferometer::mqtt {

class Network {
 public:
  using Time = std::chrono::steady_clock::time_point;
  enum class End { kFinished, kStillDialling };

  Network(Options options, Handlers handlers, os::Doorbell bell);

  // The thread's whole life. Returns after RequestStop, or, when it hangs in a dial that nothing can end, as soon as
  // that does.
  void Run();

  // The rest is safe from any thread.
  bool Publish(Message message);
  bool WaitUntilAcknowledged(std::chrono::milliseconds at_most);
  bool Unsubscribe(std::chrono::milliseconds at_most);
  [[nodiscard]] Stats stats() const;

  // From now on nothing is taken any more; what is pending is tried until `stop_by`.
  void RequestStop(std::vector<Message> last_messages, Time stop_by, bool with_last_will);
  // Waits for the end of Run. kStillDialling: Run will not call a handler any more, and its thread can be left alone.
  End AwaitEnd();

 private:
  // One attempt: dial, serve, good-bye. False: the thread was left alone meanwhile.
  bool Attempt();
  [[nodiscard]] Subscriptions SubscriptionsForAttempt();
  [[nodiscard]] Status Dial(Session& session);
  // Ends with Ok when the connection is no longer wanted.
  [[nodiscard]] Status Serve(Session& session, Subscriptions& subscriptions);
  [[nodiscard]] Status Advance(Session& session, Subscriptions& subscriptions);
  [[nodiscard]] Status Subscribe(Session& session, Subscriptions& subscriptions);
  [[nodiscard]] bool MustUnsubscribe() const;
  [[nodiscard]] Status HandOver(Session& session);
  void SayGoodbye(Session& session);
  void Rest(std::chrono::milliseconds wait);

  [[nodiscard]] Session::Events EventsFor(Subscriptions& subscriptions);
  void OnAnswer(int packet_id, int reason_code);
  void OnUnsubscription();
  void RefuseLocally(const Message& message, const Status& why);
  void TellAnswer(const Message& message, const Answer& answer) const;
  void NoteConnected(const Session& session, const Subscriptions& subscriptions);
  void GoOnline();
  void ReportTrouble(const Status& trouble);

  bool MayTake(const Message& message, const Status& check);  // REQUIRES: mutex_ is held
  [[nodiscard]] bool MayGoOn() const;
  [[nodiscard]] bool MayGoOnLocked() const;  // REQUIRES: mutex_ is held
  [[nodiscard]] std::chrono::milliseconds LongestWait(Time next_due) const;
  [[nodiscard]] BackOff NewBackOff() const { return {options_.backoff_first, options_.backoff_most, options_.random}; }

  const Options options_;
  const os::Doorbell bell_;
  Handlers handlers_;  // of the thread; emptied by it or, when the thread is left alone, by AwaitEnd

  // The thread's alone.
  BackOff back_off_;
  std::string told_reason_;        // by on_offline, since the last on_online
  bool greeted_ = false;           // the broker's acceptance of this attempt was noted
  bool asks_for_nothing_ = false;  // the subscriptions of this attempt were ended, or never asked for

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // All below is protected by mutex_.
  Outgoing outgoing_;
  std::uint64_t connects_ = 0;
  std::optional<std::size_t> most_packet_bytes_;
  bool online_ = false;
  std::string last_error_;
  std::optional<Time> dialling_since_;
  bool wants_nothing_ = false;  // of the subscriptions any more
  bool unsubscribed_ = false;   // the broker has said so
  bool stopping_ = false;
  bool with_last_will_ = false;
  Time stop_by_{};
  bool finished_ = false;
  bool left_alone_ = false;
};

}  // namespace inferometer::mqtt
