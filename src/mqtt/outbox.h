#pragma once
// Decides which record a device sends when, until the hub has acknowledged all of them.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <vector>

#include "mqtt/acknowledgement.h"
#include "mqtt/answer.h"
#include "mqtt/back_off.h"
#include "mqtt/handled_sequences.h"

namespace inferometer::mqtt {

// A record of this device, or a place in its journal.
struct RecordPlace {
  std::uint64_t stream = 0;
  std::uint64_t sequence = 0;
  friend bool operator==(const RecordPlace&, const RecordPlace&) = default;
};

// What the journal holds of one stream.
struct HeldStream {
  std::uint64_t stream = 0;
  std::uint64_t first = 1;  // the first that is still there
  std::uint64_t last = 0;   // the last that survives a power cut; below first: none yet
  std::uint64_t acked = 0;  // up to here the hub has all, or it was reported lost
  std::uint64_t sent = 0;   // the highest that a broker took, as far as it is known: may be too low
  friend bool operator==(const HeldStream&, const HeldStream&) = default;
};

// A pure state machine: no thread, no file, no clock of its own; it holds no record, only places. Not thread-safe. Its
// memory is a few words per stream that the journal holds and per record in flight, whatever anybody sends it.
//
// The caller owns the journal and the connection. He tells what the journal holds, asks NextStep, reads the record
// there, calls Sent, publishes it with the ticket (topic and bytes the same each time), and hands on every answer and
// acknowledgement. Only records that survive a power cut may be sent, or their sequence could come back with other
// data.
//
// Records go in the journal's order, each until it is handled: acknowledged, rejected by the hub, or reported lost. At
// most a window of them is in flight. What is in flight when the connection breaks, or when the hub has not
// acknowledged it in time, goes again from the first unhandled one on. When nobody listens or the broker refuses,
// sending pauses, and then one record at a time tries, until the hub says something.
//
// While no hub was ever heard of, the broker's answer makes room for the next record, so that other readers of the
// topic get each record once; a hub that is heard later gets what it has not. It is the status message, sent at every
// connect and from time to time, that finds a hub: the hub answers it.
class Outbox {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using milliseconds = std::chrono::milliseconds;

  struct Options {
    std::size_t window = 512;  // most in flight; at least 1
    milliseconds ack_timeout{30'000};
    milliseconds back_off_first{1'000};
    milliseconds back_off_most{300'000};
    milliseconds longest_pace{60'000};  // whatever the hub asks for
    // A changed store is believed at once, but the next change only after this, which doubles with every change and
    // falls back when one store was alone for the longest: two hubs that answer one device must not make it send all it
    // has for ever.
    milliseconds store_change_first{60'000};
    milliseconds store_change_most{3'600'000};
  };
  struct Counters {
    std::uint64_t sent = 0;             // including:
    std::uint64_t resent = 0;           // sent before
    std::uint64_t acknowledged = 0;     // records, by the hub
    std::uint64_t rejected_by_hub = 0;  // records
    std::uint64_t too_large = 0;        // records that the broker does not take
    std::uint64_t nobody_listened = 0;  // answers
    std::uint64_t refused = 0;          // answers: not allowed, or refused otherwise
    std::uint64_t unknown_answers = 0;  // to records that are no longer in flight
    std::uint64_t ack_timeouts = 0;
    std::uint64_t rewinds = 0;           // sending went back to an earlier record
    std::uint64_t replays = 0;           // the hub's store changed: all that is held is sent again
    std::uint64_t acknowledgements = 0;  // messages
    // Parts of acknowledgements that were ignored:
    std::uint64_t unknown_stream = 0;    // the device holds no such stream
    std::uint64_t ahead = 0;             // more than can have been sent
    std::uint64_t stale = 0;             // no more than was known; a repetition
    std::uint64_t other_store = 0;       // whole messages: from another store too soon after a change
    std::uint64_t unknown_rejected = 0;  // rejected records that were not sent, or are handled
  };

  // `random` is uniform in [0, 1). `store_id`: of the hub that acknowledged last, from the ledger; none: never any did.
  Outbox(Options options, std::function<double()> random, std::optional<std::uint64_t> store_id);

  // --- What the journal holds

  // A further stream, behind all others in the journal's order: they get no more records. What it holds already is of
  // an earlier life: the hub may have any of it, whatever the ledger says. REQUIRES: it is not held yet.
  void Hold(const HeldStream& held);
  // Records up to `last` survive a power cut now. REQUIRES: the stream is the one that was held last.
  void Extend(std::uint64_t stream, std::uint64_t last);
  // These will never be sent, since they cannot be read or were left out; the caller has written the loss report.
  // REQUIRES: from <= to.
  void Lose(std::uint64_t stream, std::uint64_t from, std::uint64_t to);
  // The journal no longer holds what stands up to `upto`, acknowledged or reported lost. A stream of which nothing is
  // left is forgotten, unless it is the newest one.
  void LetGo(std::uint64_t stream, std::uint64_t upto);

  // --- The connection

  void OnOnline();
  void OnOffline();

  // --- Sending

  // Either a record is to be sent now: the first in the journal behind `send_behind`, which is in that stream (what the
  // caller does not find there he loses). Or nothing is: ask again at `ask_again`, or, without one, when something
  // else has happened.
  struct Step {
    std::optional<RecordPlace> send_behind;
    std::optional<Time> ask_again;
  };
  [[nodiscard]] Step NextStep(Time now);
  // The record that NextStep asked for is about to be published; returns its ticket. When the connection does not take
  // it, OnOffline is the next call. REQUIRES: it stands behind the place of the last NextStep.
  std::uint64_t Sent(const RecordPlace& record, Time now);

  // --- What comes back

  // What the caller has to do about an answer of the broker.
  struct Verdict {
    enum class Kind {
      kNothing,
      kReportLost,   // the record can never be sent: write a loss report (before the ledger); it counts as handled
      kTellTrouble,  // the broker refuses records; nothing is lost, sending pauses
    };
    Kind kind = Kind::kNothing;
    RecordPlace record;  // the one that was answered, where there is something to do
  };
  Verdict OnAnswer(std::uint64_t ticket, const Answer& answer, Time now);

  struct AckOutcome {
    bool heard = false;              // the hub is there and means this device; else the message was ignored
    bool replay = false;             // its store is another one: earlier watermarks mean nothing any more
    std::vector<RecordPlace> acked;  // new watermarks, for the ledger
    std::vector<Acknowledgement::Rejected> rejected;  // the hub will never store them: to be reported lost
    std::optional<std::uint64_t> losses_upto;         // see Acknowledgement
  };
  AckOutcome OnAck(const Acknowledgement& ack, Time now);

  // --- What there is to know

  // Held streams in the journal's order, with their watermarks: for the ledger and the status message.
  [[nodiscard]] std::vector<HeldStream> streams() const;
  // Durable records that are not handled.
  [[nodiscard]] std::uint64_t lag() const;
  // Nothing is left to do: all is handled or, while no hub was ever heard of, taken by the broker.
  [[nodiscard]] bool drained() const;
  [[nodiscard]] std::size_t in_flight() const { return in_flight_.size(); }
  [[nodiscard]] std::optional<std::uint64_t> store_id() const { return store_id_; }
  [[nodiscard]] const Counters& counters() const { return counters_; }

 private:
  // Streams are numbered in the journal's order.
  using Number = std::uint64_t;
  struct Stream {
    std::uint64_t id;
    std::uint64_t first;
    std::uint64_t last;
    std::uint64_t sent;
    std::uint64_t possible;  // no acknowledgement can say more
    std::uint64_t taken;     // by the broker up to here; used while no hub was ever heard of
    std::uint64_t told;      // the watermark that the caller knows
    HandledSequences handled;
  };
  struct InFlight {
    Number number;
    std::uint64_t sequence;
    std::uint64_t ticket;
    Time sent_at;
    bool taken = false;
  };
  struct Cursor {
    Number number = 0;
    std::uint64_t behind = 0;
  };

  [[nodiscard]] Stream* Find(std::uint64_t id);
  // Up to here nothing of the stream is to be sent.
  [[nodiscard]] std::uint64_t Floor(const Stream& stream) const;
  [[nodiscard]] std::optional<RecordPlace> FindNext();
  [[nodiscard]] std::optional<Time> Deadline() const;
  void Rewind();
  void Pause(Time now);
  void EndPause();
  void Handle(Stream& stream, std::uint64_t from, std::uint64_t to);
  void DropHandledFromFlight();
  void TakenByBroker(InFlight& entry);

  [[nodiscard]] bool NamesOurStream(const Acknowledgement& ack);
  [[nodiscard]] bool BelieveStore(std::uint64_t store_id, Time now, AckOutcome& outcome);
  void StartReplay();
  void TakeRejected(const Acknowledgement& ack, AckOutcome& outcome);
  void TakeAcks(const Acknowledgement& ack, AckOutcome& outcome);
  void TakeAck(const Acknowledgement::Upto& item, Stream& stream);
  void TellWatermark(Stream& stream, AckOutcome& outcome);
  void SendUnacknowledgedAgain();

  Options options_;
  BackOff back_off_;
  std::optional<std::uint64_t> store_id_;
  std::map<Number, Stream> streams_;
  std::unordered_map<std::uint64_t, Number> numbers_;  // by id
  Number next_number_ = 1;
  std::deque<InFlight> in_flight_;  // in the order of number and sequence, and of tickets
  std::uint64_t next_ticket_ = 1;
  Cursor cursor_;  // behind the newest in flight

  bool online_ = false;
  bool trying_ = false;               // one record at a time, until the hub says something
  std::optional<Time> paused_until_;  // by back-off
  milliseconds pace_{0};
  std::optional<Time> last_sent_;
  milliseconds store_change_wait_;
  std::optional<Time> store_changed_;
  bool other_store_is_there_ = false;  // it was heard since the last change
  Counters counters_;
};

}  // namespace inferometer::mqtt
