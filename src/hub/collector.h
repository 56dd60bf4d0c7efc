#pragma once
// The heart of the hub: takes what devices send, keeps each record once, and says what is durable.

#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "hub/clock_repair.h"
#include "hub/device_table.h"
#include "hub/quarantine.h"
#include "hub/received_entry.h"
#include "hub/status_message.h"
#include "hub/streams.h"
#include "hub/validation.h"
#include "inferometer/status.h"
#include "mqtt/acknowledgement.h"
#include "os/files.h"
#include "store/journal.h"
#include "store/journal_reader.h"
#include "store/lost_hours.h"
#include "store/metrics_folder.h"
#include "store/record_files.h"

namespace inferometer::hub {

// What a segment's checkpoint has before the dedup state: store id, next number in the journal, first segment with
// records that are in no file; 8 bytes each.
inline constexpr std::size_t kCheckpointFixedBytes = 24;

// Which devices a hub takes when several share them: those whose hashed id falls to `index` of `count`.
struct Part {
  unsigned index = 0;  // below count
  unsigned count = 1;
  [[nodiscard]] bool Has(std::string_view device) const;
};

struct CollectorOptions {
  std::filesystem::path folder;
  bool portable_names = false;
  Part part{};
  std::size_t records_a_file = 1000;      // of a device, then they are saved
  std::chrono::seconds save_after{3600};  // since a device's first record without a file
  std::size_t most_unsaved = 200'000;     // of all devices, then the fullest are saved; at 5 times as many, at once
  std::uint64_t new_store_id = 0;         // random, for a folder that holds none yet
  store::JournalOptions journal{};        // folder and owner are filled in here
};

// How many gaps a report names, of a device and of all together.
inline constexpr std::size_t kMostGapsOfDevice = 100;
inline constexpr std::size_t kMostGaps = 10'000;
// How many spans of lost hours a report names of all devices together; beyond, a device's are two.
inline constexpr std::size_t kMostReportedHours = 10'000;

// What a device's row of the hub's report says.
struct DeviceReport {
  std::string device;
  std::string folder;
  std::uint64_t records = 0;     // stored since the hub started
  std::uint64_t plain = 0;       // of these: without a key, as a script sends them
  std::uint64_t duplicates = 0;  // sent again, stored once
  std::uint64_t conflicts = 0;
  std::uint64_t rejected = 0;
  std::uint64_t lost = 0;            // records in loss reports of the device
  std::optional<std::uint64_t> lag;  // as its last status said
  std::optional<WallTime> last_received;
  bool is_online = false;
  std::vector<std::pair<std::string, std::uint64_t>> losses;  // counters by name, as its last status said
  std::vector<Gap> gaps;                                      // the first of them
  std::vector<store::LostHours> lost_hours;                   // as its last status said
};

struct CollectorReport {
  std::uint64_t store_id = 0;
  std::uint64_t records = 0;
  std::uint64_t duplicates = 0;
  std::uint64_t rejected = 0;
  std::uint64_t not_ours = 0;   // of another part, or beyond the bound of devices
  std::uint64_t not_taken = 0;  // while the disk failed; the devices send again
  std::uint64_t dropped = 0;    // for want of memory while the disk failed, or files
  std::uint64_t damaged = 0;    // could not be read back from the journal
  std::uint64_t files = 0;      // made
  std::uint64_t unsaved = 0;    // records in no file yet
  std::uint64_t bytes = 0;      // of the journal
  std::vector<DeviceReport> devices;
};

// One acknowledgement, for one device.
struct Reply {
  std::string device;
  mqtt::Acknowledgement acknowledgement;
};

// One thread at a time; the folder is locked by the owner.
//
// What survives: whatever a Commit's replies acknowledge survives power cuts, and stands in exactly one file of its
// device sooner or later. What was taken and not committed is lost with the process, and sent again by its device.
class Collector final : public store::JournalOwner {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Collector>> Open(CollectorOptions options, os::FileCalls& calls,
                                                               const base::Clock& clock);
  Collector(const Collector&) = delete;
  Collector& operator=(const Collector&) = delete;

  // A message as it came; whatever it holds. Nothing is taken while the disk fails.
  void Take(std::string_view topic, std::string_view payload);
  // Makes durable what was taken.
  [[nodiscard]] Status Commit();
  // What may be acknowledged, to as many devices as `most` replies reach; those that are left come first the next time,
  // with what is durable then. REQUIRES: nothing was taken since a Commit that succeeded.
  [[nodiscard]] std::vector<Reply> TakeReplies(std::size_t most);
  [[nodiscard]] bool has_replies() const { return !due_.empty(); }
  // Makes files that are due, until the time is over, one after all: those of a fleet take minutes, in which devices
  // would wait for their acknowledgements. True: there are more. A device whose file cannot be made is tried again
  // later, and keeps nobody else from his.
  bool SaveDue(std::chrono::milliseconds at_most);
  // Why files that are due cannot be made; empty: they can. Their records stay in the journal.
  [[nodiscard]] std::string save_problem() const;
  // Makes a file of everything that is in none. The first failure is returned when all others have theirs.
  [[nodiscard]] Status SaveAll();
  [[nodiscard]] Status Close();

  [[nodiscard]] CollectorReport Report() const;
  [[nodiscard]] const std::vector<std::string>& notes() const { return notes_; }
  [[nodiscard]] bool is_failing() const { return journal_->health().is_failing; }
  [[nodiscard]] const std::string& last_error() const { return journal_->health().last_error; }
  [[nodiscard]] std::vector<Gap> Gaps(std::string_view device, std::size_t most) const {
    return streams_.Gaps(device, most);
  }

  // As store::JournalOwner.
  [[nodiscard]] std::string Checkpoint() override;
  [[nodiscard]] bool IsDone(const store::SegmentInfo& segment) override;
  [[nodiscard]] Status GiveUp(const store::SegmentInfo& segment) override;
  void OnDurable(store::EntryType type, std::uint64_t sequence, store::Position position, std::string payload) override;
  void OnDropped(std::uint64_t sequence, std::string_view payload) override;

 private:
  struct DeviceState {
    std::string folder_name;
    std::unique_ptr<store::MetricsFolder> folder;  // once something is saved
    std::string context = "{}";
    std::vector<LostRange> known_losses;       // of the last status
    std::vector<store::LostHours> lost_hours;  // likewise
    std::optional<std::chrono::nanoseconds> unsaved_since;
    StreamPosition last_new;       // of the last record that was taken
    std::uint64_t last_round = 0;  // in which it came
    std::size_t scattered = 0;     // of that round, those that did not follow the one before
    DeviceReport report;
  };
  // Of a device whose file could not be made.
  struct FailingDevice {
    std::string why;
    std::chrono::nanoseconds retry_at{0};
  };
  // What the dedup state learns only when it is durable: a checkpoint must not know of a record that a crash can still
  // take away.
  struct PendingRecord {
    std::uint64_t number = 0;  // in our journal
    DeviceState* state = nullptr;
    StreamPosition position;  // sequence 0: without a key
    std::uint32_t checksum = 0;
  };
  struct PendingKey {
    const DeviceState* state = nullptr;
    StreamPosition position;
    friend bool operator==(const PendingKey&, const PendingKey&) = default;
  };
  struct HashPendingKey {
    std::size_t operator()(const PendingKey& key) const;
  };
  // What is to be said to a device at the next commit.
  struct Due {
    std::set<std::uint64_t> streams;
    std::vector<mqtt::Acknowledgement::Rejected> rejected;
    std::optional<std::uint64_t> losses_upto;
  };

  Collector(CollectorOptions options, os::FileCalls& calls, const base::Clock& clock);
  [[nodiscard]] Status Prepare();
  [[nodiscard]] std::uint64_t RestoreCheckpoint();
  void RememberFiles();
  void Replay();
  void BecomeAnotherHub();
  void SetAsideEvidence();
  void ReplayEntry(const store::JournalReader::Found& found, bool is_in_checkpoint);

  // Null: the device is not taken.
  DeviceState* StateOf(const std::string& device);
  void TakeRecord(const std::string& device, std::string_view payload);
  [[nodiscard]] Verdict Judge(const DeviceState& state, const StreamPosition& position, std::uint32_t checksum);
  [[nodiscard]] bool MayTakeInRound(DeviceState& state, const StreamPosition& position) const;
  void Store(DeviceState& state, const Incoming& incoming);
  [[nodiscard]] std::string SparePayload();
  void Reject(const std::string& device, std::string_view payload, mqtt::RejectCode code,
              const std::optional<StreamPosition>& position, const std::string& reason);
  void TakeStatus(const std::string& device, std::string_view payload);
  void TakeLosses(const std::string& device, DeviceState& state, const StatusMessage& status);
  [[nodiscard]] bool AppendLost(const std::string& device, const LostRange& lost, std::uint64_t gone_upto);

  void AppendReplies(const std::string& device, Due& due, std::vector<Reply>& replies) const;
  [[nodiscard]] bool HasTooManyUnsaved(const std::string& device, bool is_plain) const;
  [[nodiscard]] bool MayTry(const std::string& device) const;
  [[nodiscard]] bool IsDue(const std::string& device, const DeviceState& state) const;
  [[nodiscard]] bool HasDevicesToSave() const;
  void LookForDevicesToSave();
  [[nodiscard]] std::vector<std::string> NextDevicesToSave();
  [[nodiscard]] std::vector<std::string> DevicesToSave();
  [[nodiscard]] std::vector<std::string> FullestDevices() const;
  [[nodiscard]] std::vector<std::string> DevicesDue() const;
  [[nodiscard]] Status SaveFiles(const std::vector<std::string>& devices);
  void NoteFailed(const std::string& device, const Status& why);
  [[nodiscard]] Result<store::MetricsFolder*> FolderOf(const std::string& device);
  [[nodiscard]] Result<std::string> LineOf(const store::Entry& entry) const;

  const CollectorOptions options_;
  os::FileCalls& calls_;
  const base::Clock& clock_;
  std::uint64_t store_id_ = 0;
  Streams streams_;
  DeviceTable table_;
  AnchorTable anchors_;
  Quarantine quarantine_;
  Validator validator_;
  std::unique_ptr<store::Journal> journal_;
  std::unique_ptr<store::RecordFiles> files_;
  std::map<std::string, DeviceState, std::less<>> devices_;  // none is ever removed
  std::map<std::string, Due> due_;
  std::string replied_;                // the device that got the last reply
  std::deque<PendingRecord> pending_;  // in the journal's hands, not yet durable
  std::unordered_map<PendingKey, std::uint32_t, HashPendingKey> pending_keys_;  // their checksums
  std::vector<std::string> spare_payloads_;  // memory of entries that are durable, for the next ones
  std::uint64_t next_number_ = 1;
  std::uint64_t first_unsaved_segment_ = 0;
  std::chrono::nanoseconds next_set_aside_{0};
  bool needs_evidence_ = false;  // of a damaged journal: it goes when the new store id is durable
  std::chrono::nanoseconds next_look_{0};
  std::deque<std::string> to_save_;  // found due by the last look
  std::map<std::string, FailingDevice> failing_;
  std::string table_problem_;         // why devices got no folder
  std::uint64_t wanted_segment_ = 0;  // the journal would remove it if its records, and those before, were in files
  std::uint64_t round_ = 1;           // counts commits
  CollectorReport totals_;
  std::vector<std::string> notes_;
};

}  // namespace inferometer::hub
