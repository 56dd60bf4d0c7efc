#pragma once
// One connection to the broker over libmosquitto (MQTT 5, clean start), from dialling to its end. Every attempt gets a
// new one: a client that is thrown away cannot resend what its broker has long acknowledged. Internal to this folder.

#include <mosquitto.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "mqtt/options.h"
#include "os/doorbell.h"

namespace inferometer::mqtt {

// Belongs to one thread. Its events are called inside Step and must not call the session. An error of Step or Publish
// other than those named there is the connection's end: the session is of no further use.
//
// libmosquitto is used without its own thread and only by this one: its calls write at once, and no lock of ours is
// ever held while it works.
class Session {
 public:
  struct Events {
    std::function<void(std::string_view topic, std::string_view payload)> on_message;
    std::function<void()> on_idle;                                              // behind the last of some messages
    std::function<void(int packet_id, int reason_code)> on_answer;              // to a publish
    std::function<void(const std::vector<int>& reason_codes)> on_subscription;  // one per filter, in order
    std::function<void()> on_unsubscription;  // all that the broker sent before is handed over
  };
  // `options` must outlive the session and have passed CheckOptions.
  Session(const Options& options, Events events);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Finds the host and connects. Blocks as long as the system does: minutes, when a host swallows packets.
  [[nodiscard]] Status Dial();

  // Waits for the network, the bell or the time, and does what there is to do: reads as many packets as are there, but
  // returns after some, so that what is to be published gets its turn. Where the last read found several it lets more
  // come for 2 ms, unless the bell rings.
  [[nodiscard]] Status Step(const os::Doorbell& bell, std::chrono::milliseconds at_most);

  // Says on_idle when messages have been handed over since the last time. Step does so by itself where no more input
  // waits; it is for the connection's end.
  void CloseBatch();

  // The broker has accepted the connect. What follows needs it.
  [[nodiscard]] bool accepted() const { return accepted_; }
  // How many messages may be on their way at once, as the broker and kMostOnTheirWay say.
  [[nodiscard]] std::size_t window() const { return window_; }
  // None: the broker named no bound.
  [[nodiscard]] std::optional<std::size_t> most_packet_bytes() const { return most_packet_bytes_; }

  [[nodiscard]] Status Subscribe(const std::vector<std::string>& filters);
  // Nobody watches over the time of the answer.
  [[nodiscard]] Status Unsubscribe(const std::vector<std::string>& filters);

  // Returns the packet id that the answer will name. kResourceExhausted: this message is too large for the broker;
  // kInvalidArgument: it can be sent to none; the connection is well in both cases.
  [[nodiscard]] Result<int> Publish(const Message& message);

  // Says good-bye, so that the broker does (or does not) publish the last will, and waits until it has been read.
  void Disconnect(bool publish_last_will, std::chrono::milliseconds at_most);

 private:
  struct Destroy {
    void operator()(mosquitto* client) const { mosquitto_destroy(client); }
  };
  struct Callbacks;

  [[nodiscard]] Status Configure();
  [[nodiscard]] Status ConfigureTls();
  [[nodiscard]] Status ConfigureTlsAt(WallTime judged_at);
  [[nodiscard]] Status ConfigureLastWill();
  [[nodiscard]] Status Network(const os::Woken& woken);
  [[nodiscard]] int Read();  // an error of libmosquitto
  [[nodiscard]] bool MustLookAfterKeepalive() const;
  [[nodiscard]] Status CheckAnswerInTime() const;
  [[nodiscard]] Status Ended(int error) const;
  [[nodiscard]] bool MayBeForOurCertificate() const;
  [[nodiscard]] Status CannotBeSent(Code code, const Message& message, int error) const;
  [[nodiscard]] std::size_t PacketBytes(const Message& message) const;

  const Options& options_;
  Events events_;
  std::unique_ptr<mosquitto, Destroy> client_;
  std::string library_log_;  // errors until the broker has accepted the connect, bounded
  bool accepted_ = false;
  std::size_t window_ = 0;
  std::optional<std::size_t> most_packet_bytes_;
  std::chrono::seconds keepalive_;                     // the broker may have set another one than the options
  std::uint64_t callbacks_ = 0;                        // of libmosquitto, which tell that it has found a packet
  bool more_input_ = false;                            // the last read ended at its bound
  bool is_busy_ = false;                               // the last read found several packets
  bool batch_is_open_ = false;                         // messages were handed over since the last on_idle
  std::chrono::steady_clock::time_point last_sent_{};  // as far as it is known
  std::optional<int> refused_with_;                    // the connect's reason code
  std::optional<int> disconnected_with_;               // the broker's own good-bye
  std::optional<std::chrono::steady_clock::time_point> answer_due_;
};

}  // namespace inferometer::mqtt
