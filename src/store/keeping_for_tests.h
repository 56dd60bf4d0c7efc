#pragma once
// For tests: a journal with its ledger and its files, kept as a device and a hub keep theirs, and an account of what it
// promised.

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/journal.h"
#include "store/journal_for_tests.h"
#include "store/journal_reader.h"
#include "store/ledger.h"
#include "store/record_files.h"

namespace inferometer::store {

using RecordKey = std::pair<StreamId, std::uint64_t>;

// What was promised so far; survives every crash, because it is no file.
struct Promises {
  std::map<StreamId, std::uint64_t> appended;              // highest sequence
  std::set<RecordKey> durable;                             // reported so, or read back after a crash
  std::set<RecordKey> reported_lost;                       // in a ledger, whether its writing succeeded or not
  std::set<RecordKey> durably_lost;                        // in a ledger whose writing succeeded
  std::set<RecordKey> known_lost;                          // of these, those whose reports a hub has
  std::map<StreamId, std::uint64_t> acknowledged;          // as far as any hub said
  std::map<StreamId, std::uint64_t> handled;               // the same, or given up
  std::map<StreamId, std::uint64_t> durably_acknowledged;  // in a ledger whose writing succeeded
  std::set<RecordKey> in_no_file;                          // of segments that were given up before a save, or damaged
  std::set<RecordKey> filed;                               // in a file whose saving succeeded
  std::set<RecordKey> written;                             // survives a kill, not a power cut
};

// Of one of two devices, by its sequence; with some hundred bytes, and now and then many.
inline std::string DeviceOf(std::uint64_t sequence) { return sequence % 3 == 0 ? "b" : "a"; }
inline std::string RecordLine(StreamId stream, std::uint64_t sequence) {
  std::string text = "{\"timestamp\":\"2025-10-07T10:30:15.000001Z\",\"device_id\":\"" + DeviceOf(sequence) +
                     "\",\"model_name\":\"m\",\"inference_time_ms\":" + std::to_string(sequence) +
                     ",\"status\":\"ok\",\"record_id\":\"" + DeviceOf(sequence) + "/" + std::to_string(stream) + "/" +
                     std::to_string(sequence) + "\",\"fill\":\"";
  const std::size_t fill = sequence % 41 == 0 ? 40'000 : 100 + (sequence * 7919 + stream) % 3000;
  text.append(fill, static_cast<char>('a' + (sequence + stream) % 26));
  return text + "\"}";
}

// Counts the records of a file; both are checked.
inline void CountRecords(const os::SimulatedDisk& disk, const std::filesystem::path& file,
                         std::map<RecordKey, int>& times) {
  const std::string text = disk.Bytes(file).value_or("");
  EXPECT_TRUE(text.ends_with("\n]\n}\n")) << file << " is not whole";
  const std::string mark = "\"record_id\":\"" + file.parent_path().filename().string() + "/";
  for (std::size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
    std::size_t end = 0;
    const StreamId stream = std::stoull(text.substr(at + mark.size(), 40), &end);
    const std::uint64_t sequence = std::stoull(text.substr(at + mark.size() + end + 1, 40));
    ++times[{stream, sequence}];
    const std::size_t begin = text.rfind('\n', at) + 1;
    const std::string line = RecordLine(stream, sequence);
    EXPECT_EQ(text.compare(begin, line.size(), line), 0) << "of stream " << stream << ", sequence " << sequence;
  }
}

// How often each record stands in the files of both devices.
inline std::map<RecordKey, int> RecordsInFiles(const os::SimulatedDisk& disk) {
  std::map<RecordKey, int> times;
  for (const char* const folder : {"/data/a", "/data/b"}) {
    for (const std::string& name : disk.Names(folder)) {
      if (name.ends_with(".json")) CountRecords(disk, std::filesystem::path(folder) / name, times);
    }
  }
  return times;
}

// A run of a program. Everything is on `disk` below /data, which is there.
class KeepingForTests final : public JournalOwner {
 public:
  static constexpr std::size_t kMostRecordsAFile = 20;

  KeepingForTests(os::SimulatedDisk& disk, const base::Clock& clock, Promises& promises)
      : disk_(disk), clock_(clock), promises_(promises) {}

  [[nodiscard]] Status Open(JournalOptions options) {
    options.folder = "/data/journal";
    options.owner = "pi-07";
    for (const char* const device : {"a", "b"}) {
      auto& folder = folders_.try_emplace(device, std::filesystem::path("/data") / device, device, false, disk_, clock_)
                         .first->second;
      RETURN_IF_ERROR(folder.Prepare());
    }
    ASSIGN_OR_RETURN(journal, Journal::Open(std::move(options), disk_, clock_, *this));
    ledger_.emplace(Ledger::Open(disk_, "/data/journal/ledger"));
    files_.emplace(
        disk_, "/data/journal",
        RecordFiles::Sources{
            .folder = [this](const std::string& device) -> Result<MetricsFolder*> { return &folders_.at(device); },
            .context = [](const std::string&, StreamId) -> std::string { return "{}"; },
            .line = [](const Entry& entry) -> Result<std::string> { return entry.payload; }},
        kMostRecordsAFile);
    Replay();
    return Ok();
  }

  void Append(int count) {
    for (int i = 0; i < count; ++i) {
      promises_.appended[journal->stream()] = ++sequence_;
      journal->Append(EntryType::kRecord, sequence_, RecordLine(journal->stream(), sequence_));
    }
  }
  // The hub says that it has them.
  void Acknowledge(StreamId stream, std::uint64_t upto) {
    promises_.acknowledged[stream] = std::max(promises_.acknowledged[stream], upto);
    Handle(stream, upto);
  }
  void LossesAreKnown() {
    if (ledger_->state().losses().empty()) return;
    for (const Loss& one : ledger_->state().losses()) Note(one, promises_.known_lost);
    ledger_->state().LossesAreKnown(ledger_->state().losses().back().number);
  }
  Status WriteLedger() {
    RETURN_IF_ERROR(ledger_->Write());
    for (const Loss& one : ledger_->state().losses()) Note(one, promises_.durably_lost);
    for (const Acknowledged& one : ledger_->state().acknowledged()) {
      promises_.durably_acknowledged[one.stream] = std::max(promises_.durably_acknowledged[one.stream], one.upto);
    }
    return Ok();
  }
  void Save(const std::vector<std::string>& devices = {"a", "b"}) {
    const auto outcome = files_->Save(devices, *journal);
    if (!outcome.ok()) return;
    std::map<RecordKey, int> filed;
    for (const SavedFile& one : outcome->saved) CountRecords(disk_, one.path, filed);
    for (const auto& [key, times] : filed) promises_.filed.insert(key);
    for (const auto& [stream, sequence] : outcome->damaged_records) {
      AddLoss(stream, sequence, sequence, LossReason::kDamaged);
      promises_.in_no_file.insert({stream, sequence});
    }
  }
  // What stands in the journal, in its order.
  std::vector<RecordKey> ReadJournal() {
    std::vector<RecordKey> keys;
    JournalReader reader(disk_, "/data/journal");
    reader.ReadAll(journal->segments(), [&](const JournalReader::Found& found) {
      if (found.entry.type != EntryType::kRecord) return;
      keys.emplace_back(found.stream, found.entry.sequence);
      if (found.entry.payload != RecordLine(found.stream, found.entry.sequence)) wrong_payloads.insert(keys.back());
    });
    return keys;
  }

  [[nodiscard]] RecordFiles& files() { return *files_; }
  [[nodiscard]] Ledger& ledger() { return *ledger_; }

  std::unique_ptr<Journal> journal;
  std::set<RecordKey> wrong_payloads;

  std::string Checkpoint() override {
    std::string text;
    const auto unsaved = files_->first_unsaved();
    base::AppendLittleEndian(text, unsaved ? unsaved->segment : 0);
    return text;
  }
  bool IsDone(const SegmentInfo& segment) override {
    const auto unsaved = files_->first_unsaved();
    if (unsaved && unsaved->segment <= segment.segment) return false;
    const auto acknowledged = promises_.durably_acknowledged.find(segment.stream);
    return !segment.has_records() ||
           (acknowledged != promises_.durably_acknowledged.end() && acknowledged->second >= segment.last_sequence);
  }
  Status GiveUp(const SegmentInfo& segment) override {
    const std::uint64_t handled = ledger_->state().AcknowledgedUpTo(segment.stream);
    if (segment.has_records() && segment.last_sequence > handled) {
      AddLoss(segment.stream, std::max(segment.first_sequence, handled + 1), segment.last_sequence,
              LossReason::kEvicted);
      Handle(segment.stream, segment.last_sequence);
    }
    RETURN_IF_ERROR(WriteLedger());
    files_->Forget(segment.segment);
    for (std::uint64_t i = segment.first_sequence; segment.has_records() && i <= segment.last_sequence; ++i) {
      if (!promises_.filed.contains({segment.stream, i})) promises_.in_no_file.insert({segment.stream, i});
    }
    return Ok();
  }
  void OnDurable(EntryType type, std::uint64_t sequence, Position position, std::string /*payload*/) override {
    if (type != EntryType::kRecord) return;
    files_->NoteRecord(DeviceOf(sequence), journal->stream(), sequence, position);
    promises_.durable.insert({journal->stream(), sequence});
  }
  void OnDropped(std::uint64_t sequence, std::string_view /*payload*/) override {
    AddLoss(journal->stream(), sequence, sequence, LossReason::kNoRoom);
  }

 private:
  static void Note(const Loss& loss, std::set<RecordKey>& into) {
    for (std::uint64_t i = loss.from; i <= loss.to; ++i) into.insert({loss.stream, i});
  }
  void Handle(StreamId stream, std::uint64_t upto) {
    promises_.handled[stream] = std::max(promises_.handled[stream], upto);
    ledger_->state().Acknowledge(stream, upto);
  }
  void AddLoss(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason) {
    ledger_->state().AddLoss(stream, from, to, reason);
    for (std::uint64_t i = from; i <= to; ++i) promises_.reported_lost.insert({stream, i});
  }
  std::uint64_t ReplayFrom() {
    for (auto at = journal->segments().rbegin(); at != journal->segments().rend(); ++at) {
      const auto checkpoint = ReadCheckpoint(disk_, "/data/journal", *at);
      if (!checkpoint.ok() || checkpoint->size() != 8) continue;
      const auto first = base::ReadLittleEndian<std::uint64_t>(*checkpoint);
      return first == 0 ? at->segment : first;
    }
    return 1;
  }
  void Replay() {
    JournalReader reader(disk_, "/data/journal");
    reader.Seek({ReplayFrom(), kHeaderBytes});
    reader.ReadAll(journal->segments(), [&](const JournalReader::Found& found) {
      const Entry& entry = found.entry;
      if (entry.type == EntryType::kSaving) files_->NoteSaving(entry.payload);
      if (entry.type == EntryType::kSaved) files_->NoteSaved(entry.payload);
      if (entry.type == EntryType::kRecord) {
        files_->NoteRecord(DeviceOf(entry.sequence), found.stream, entry.sequence, found.position);
      }
    });
    files_->Replayed();
  }

  os::SimulatedDisk& disk_;
  const base::Clock& clock_;
  Promises& promises_;
  std::map<std::string, MetricsFolder> folders_;
  std::optional<Ledger> ledger_;
  std::optional<RecordFiles> files_;
  std::uint64_t sequence_ = 0;
};

}  // namespace inferometer::store
