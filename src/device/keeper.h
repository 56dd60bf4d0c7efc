#pragma once
// Keeps a device's records on a thread of its own, so that no disk and no network ever delays an inference.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <variant>

#include "device/record_keeping.h"
#include "device/shipping.h"
#include "inferometer/record.h"
#include "mqtt/acknowledgement.h"
#include "mqtt/answer.h"

namespace inferometer::device {

struct KeeperOptions {
  std::size_t most_queued = 10'000;  // records that may wait for the thread; the newest is lost beyond, and counted
  std::chrono::milliseconds sync_within{1'000};
  std::size_t sync_after = 64;  // records
};

// Called on the keeper's thread; quick, and without calling the keeper.
struct KeeperEvents {
  std::function<void(const store::SavedFile& saved)> on_saved;
  std::function<void(const std::string& problem)> on_problem;
};

// As of the thread's last round.
struct KeeperStats {
  std::uint64_t saves = 0;
  std::uint64_t unwritten = 0;         // records in memory only
  std::uint64_t unsaved = 0;           // records in no file yet, including these
  std::uint64_t lag = 0;               // records that no hub has acknowledged
  bool is_confirmed = false;           // a hub was heard in this run, or there is nothing that one could want
  std::uint64_t lost_records = 0;      // ever reported lost
  std::uint64_t only_in_files = 0;     // of these, in this run: lost to a hub, and in files here
  std::uint64_t lost_in_this_run = 0;  // all others of this run
  std::uint64_t durable_upto = 0;      // sequence of this run
};

// Keep and the On... calls are safe from any thread and never wait for more than a short lock; the rest belongs to the
// owner's.
//
// What survives: a record is written within milliseconds of Keep (then it survives the death of the process) and
// durable within sync_within (then it survives a power cut), unless the disk fails; it is sent to the hub only when it
// is durable.
class Keeper {
 public:
  // `keeping` and `shipping` (null: no broker) are the thread's from now on. `clock` must outlive the keeper.
  Keeper(KeeperOptions options, std::unique_ptr<RecordKeeping> keeping, std::unique_ptr<Shipping> shipping,
         const base::Clock& clock, KeeperEvents events);
  ~Keeper();  // ends without saving, unless Finish was called
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  // Gives the record its id, rounds it as it will be written, and queues it. Returns it.
  InferenceRecord Keep(InferenceRecord record);
  // Makes a file of everything kept so far.
  void RequestSave();

  // Whom the records are sent by, which must outlive the keeper's thread. What the network heard comes after it.
  void Attach(Publisher& publisher);
  void OnOnline();
  void OnOffline();
  void OnAcknowledgement(mqtt::Acknowledgement acknowledgement);
  void OnAnswer(std::uint64_t ticket, const mqtt::Answer& answer);

  // Saves everything kept so far and waits for it, but not longer than `at_most`.
  bool Flush(std::chrono::milliseconds at_most);
  // Waits until a hub has everything, the time is over, or `stop` is requested.
  bool Drain(std::chrono::milliseconds at_most, const std::stop_token& stop);
  // Saves, closes the journal and ends the thread. Nothing is kept afterwards.
  void Finish();

  [[nodiscard]] KeeperStats stats() const;

 private:
  struct Save {};
  struct Online {};
  struct Offline {};
  struct QueuedRecord {
    std::uint64_t sequence;
    InferenceRecord record;
  };
  struct TicketAnswer {
    std::uint64_t ticket;
    mqtt::Answer answer;
  };
  using Command = std::variant<QueuedRecord, Save, Online, Offline, mqtt::Acknowledgement, TicketAnswer, Publisher*>;

  void Push(Command command);
  void Run();
  [[nodiscard]] bool TakeCommands(std::deque<Command>& commands);
  void Handle(Command& command);
  void KeepOne(QueuedRecord& record);
  void WriteAndSync(bool is_last);
  void SaveAll();
  void TellWhatGotNoFile(bool is_last);
  void TellProblem(const std::string& problem);
  void PublishStats();
  [[nodiscard]] std::chrono::nanoseconds NextWake() const;

  const KeeperOptions options_;
  const base::Clock& clock_;
  const KeeperEvents events_;
  const std::string device_id_;
  const std::string stream_text_;

  // The thread's.
  std::unique_ptr<RecordKeeping> keeping_;
  std::unique_ptr<Shipping> shipping_;
  std::size_t unsynced_ = 0;
  std::chrono::nanoseconds unsynced_since_{0};
  std::set<std::string> told_problems_;  // since things were well
  std::uint64_t told_only_at_hub_ = 0;
  std::uint64_t saves_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Command> queue_;                    // protected by mutex_
  std::uint64_t next_sequence_ = 1;              // protected by mutex_
  std::size_t queued_records_ = 0;               // protected by mutex_
  std::vector<std::uint64_t> refused_;           // sequences that found no room; protected by mutex_
  std::vector<store::LostHours> refused_hours_;  // what they held; protected by mutex_
  bool is_finishing_ = false;                    // protected by mutex_
  std::uint64_t pushed_ = 0;                     // commands ever; protected by mutex_
  std::uint64_t handled_ = 0;                    // commands ever; protected by mutex_
  KeeperStats stats_;                            // protected by mutex_

  std::thread thread_;  // last
};

}  // namespace inferometer::device
