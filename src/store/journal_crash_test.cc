// Power cuts at every moment, over journal, ledger and files together: what was promised is kept.
//
// INFEROMETER_SEED=N runs one seed alone (with --gtest_filter='*Crash*/0'); INFEROMETER_FULL_TESTS=1 runs them all.
#include <gtest/gtest.h>

#include <cerrno>
#include <random>

#include "store/keeping_for_tests.h"
#include "store/segment_for_tests.h"

namespace inferometer::store {
namespace {

// One seed: a few runs of a program on one disk, each ended by something.
class CrashRun {
 public:
  explicit CrashRun(std::uint64_t seed) : random_(seed * 2654435761U + 1), has_faults_(Pick(3) == 0) {
    EXPECT_TRUE(disk_.PutFolder("/data").ok());
    options_.segment_bytes = 64 << 10U;
    options_.keep_free_bytes = 0;
    options_.ballast_bytes = 16 << 10U;
  }

  void Run() {
    const std::size_t runs = 2 + Pick(4);
    for (std::size_t i = 0; i < runs && !testing::Test::HasFailure(); ++i) {
      Recover();
      if (testing::Test::HasFailure()) return;
      Work();
      End();
    }
    Recover();
    SaveEverything();
  }

 private:
  std::size_t Pick(std::size_t below) { return random_() % below; }

  // Starts the program, whose recovery may itself be cut some times.
  void Recover() {
    for (std::size_t cuts = Pick(3) == 0 ? 1 + Pick(3) : 0; cuts > 0; --cuts) {
      disk_.CrashAtCall(static_cast<int>(1 + Pick(40)));
      Start().IgnoreBecause("it is cut");
      if (Pick(2) == 0) CutPower();
      disk_.Restart();
    }
    if (has_faults_) disk_.FailCall(static_cast<int>(1 + Pick(100)), EIO);
    Status started = Start();
    disk_.ClearFaults();
    if (!started.ok() && has_faults_) started = Start();
    ASSERT_TRUE(started.ok()) << started.message();
    Check();
  }
  Status Start() {
    keeping_.reset();
    options_.stream = ++stream_;
    discarded_ = 0;
    options_.most_bytes = std::uint64_t{256 + 64 * Pick(6)} << 10U;
    clock_.Pass(std::chrono::seconds(1));
    keeping_ = std::make_unique<KeepingForTests>(disk_, clock_, promises_);
    return keeping_->Open(options_);
  }

  void Work() {
    if (Pick(2) == 0) disk_.CrashAtCall(static_cast<int>(1 + Pick(150)));
    if (has_faults_) MakeFail();
    disk_.SetShortTransfers(Pick(4) == 0);
    for (std::size_t steps = 5 + Pick(25); steps > 0 && !disk_.crashed(); --steps) Step();
    disk_.ClearFaults();
    disk_.SetShortTransfers(false);
  }
  void MakeFail() {
    const int error = Pick(2) == 0 ? EIO : ENOSPC;
    const std::size_t one_of = 2 + Pick(30);
    const auto is_sync = [](os::CallKind kind) {
      return kind == os::CallKind::kSync || kind == os::CallKind::kSyncData || kind == os::CallKind::kSyncFolder;
    };
    const auto some = [=, this](auto is_meant) {
      disk_.SetFault(
          [=, this](os::CallKind kind, const auto&) { return is_meant(kind) && Pick(one_of) == 0 ? error : 0; });
    };
    switch (Pick(4)) {
      case 0: return disk_.FailCall(static_cast<int>(1 + Pick(100)), error);
      case 1: return disk_.FailCall(static_cast<int>(1 + Pick(100)), error, /*for_ever=*/true);
      case 2: return some(is_sync);
      default: return some([](os::CallKind) { return true; });
    }
  }
  void Step() {
    Journal& journal = *keeping_->journal;
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2: keeping_->Append(static_cast<int>(1 + Pick(40))); [[fallthrough]];
      case 3: return NoteWritten(journal.Write());
      case 4:
      case 5:
      case 6: return journal.Sync().IgnoreBecause("it stays pending");
      case 7: return keeping_->Save();
      case 8: return keeping_->Save({Pick(2) == 0 ? "a" : "b"});
      case 9: return AcknowledgeSome();
      case 10: return keeping_->WriteLedger().IgnoreBecause("it is written again");
      default: break;
    }
    switch (Pick(4)) {
      case 0: return Discard();
      case 1: keeping_->LossesAreKnown(); [[fallthrough]];
      default: return clock_.Pass(std::chrono::seconds(Pick(100)));
    }
  }
  // As a hub does with what it cannot make durable: it is sent again.
  void Discard() {
    keeping_->journal->DiscardPending();
    promises_.written.clear();
    discarded_ = promises_.appended[stream_];
  }
  // What is written survives a kill; a disk that fails may force it out of its segment again.
  void NoteWritten(const Status& written) {
    if (!written.ok() || has_faults_) return;
    for (std::uint64_t i = discarded_ + 1; i <= promises_.appended[stream_]; ++i)
      promises_.written.insert({stream_, i});
  }
  // A hub has only what was durable when it was sent.
  void AcknowledgeSome() {
    if (promises_.durable.empty()) return;
    auto any = promises_.durable.begin();
    std::advance(any, Pick(promises_.durable.size()));
    keeping_->Acknowledge(any->first, any->second);
    if (Pick(2) == 0) keeping_->WriteLedger().IgnoreBecause("it is written again");
  }

  // Cleanly, as by a kill, or by a power cut.
  void End() {
    const std::size_t way = Pick(4);
    if (way == 0 && !disk_.crashed()) keeping_->journal->Close().IgnoreBecause("checked at the next start");
    if (way > 1) CutPower();
    disk_.Restart();
  }
  void CutPower() {
    disk_.Crash(random_(), os::kCrashModes[Pick(std::size(os::kCrashModes))]);
    promises_.written.clear();
  }

  static std::string Text(const RecordKey& key) {
    return "record " + std::to_string(key.second) + " of stream " + std::to_string(key.first);
  }

  void Check() {
    const std::vector<RecordKey> in_order = keeping_->ReadJournal();
    const std::set<RecordKey> in_journal(in_order.begin(), in_order.end());
    ASSERT_EQ(in_journal.size(), in_order.size()) << "a record stands twice";
    ASSERT_TRUE(keeping_->wrong_payloads.empty()) << Text(*keeping_->wrong_payloads.begin());
    for (const RecordKey& key : in_journal) {
      ASSERT_LE(key.second, promises_.appended[key.first]) << Text(key) << " was never appended";
    }
    const auto in_files = RecordsInFiles(disk_);
    CheckFiles(in_journal, in_files);
    CheckDurable(in_journal, in_files);
    CheckLedger();
    // What is read back now may be sent to the hub and must stay; a failed sync can make a kill keep what the disk
    // lost.
    if (!has_faults_) promises_.durable.insert(in_journal.begin(), in_journal.end());
  }
  void CheckFiles(const std::set<RecordKey>& in_journal, const std::map<RecordKey, int>& in_files) {
    for (const auto& [key, times] : in_files) {
      ASSERT_EQ(times, 1) << Text(key) << " in files";
      ASSERT_LE(key.second, promises_.appended[key.first]) << Text(key) << " was never appended";
    }
    // What was given up, or could not be read, may still stand in the journal, and be readable again. Where nobody
    // could tell whether a file is there, it is made again under the same name.
    const std::size_t untold = has_faults_ ? KeepingForTests::kMostRecordsAFile : 0;
    std::map<std::string, std::size_t> least;
    std::map<std::string, std::size_t> most;
    for (const RecordKey& key : in_journal) {
      if (in_files.contains(key)) continue;
      ++most[DeviceOf(key.second)];
      if (!promises_.in_no_file.contains(key)) ++least[DeviceOf(key.second)];
    }
    for (const char* const device : {"a", "b"}) {
      ASSERT_GE(keeping_->files().unsaved(device), least[device]) << "of " << device;
      ASSERT_LE(keeping_->files().unsaved(device), most[device] + untold) << "of " << device;
    }
  }
  void CheckDurable(const std::set<RecordKey>& in_journal, const std::map<RecordKey, int>& in_files) {
    for (const RecordKey& key : promises_.filed) ASSERT_TRUE(in_files.contains(key)) << Text(key) << " was in a file";
    promises_.durable.merge(promises_.written);
    for (const RecordKey& key : promises_.durable) {
      if (in_journal.contains(key) || promises_.durably_lost.contains(key) || promises_.known_lost.contains(key))
        continue;
      ASSERT_LE(key.second, promises_.acknowledged[key.first]) << Text(key) << " is lost, and nobody says so";
      ASSERT_TRUE(in_files.contains(key) || promises_.in_no_file.contains(key)) << Text(key) << " is in no file";
    }
  }
  void CheckLedger() {
    const LedgerState& state = keeping_->ledger().state();
    for (const Acknowledged& one : state.acknowledged()) {
      ASSERT_LE(one.upto, promises_.handled[one.stream]) << "stream " << one.stream;
    }
    for (const auto& [stream, upto] : promises_.durably_acknowledged) {
      ASSERT_GE(state.AcknowledgedUpTo(stream), upto) << "stream " << stream;
    }
    std::set<RecordKey> lost;
    for (const Loss& one : state.losses()) {
      for (std::uint64_t i = one.from; i <= one.to; ++i) lost.insert({one.stream, i});
    }
    for (const RecordKey& key : lost) ASSERT_TRUE(promises_.reported_lost.contains(key)) << Text(key);
    for (const RecordKey& key : promises_.durably_lost) {
      ASSERT_TRUE(lost.contains(key) || promises_.known_lost.contains(key)) << Text(key) << " is forgotten";
    }
  }
  void SaveEverything() {
    for (int i = 0; i < 100 && keeping_->files().unsaved() > 0; ++i) keeping_->Save();
    ASSERT_EQ(keeping_->files().unsaved(), 0U);
    const auto in_files = RecordsInFiles(disk_);
    for (const auto& [key, times] : in_files) ASSERT_EQ(times, 1) << Text(key);
    for (const RecordKey& key : promises_.durable) {
      ASSERT_TRUE(in_files.contains(key) || promises_.in_no_file.contains(key)) << Text(key) << " is in no file";
    }
  }

  std::mt19937_64 random_;
  const bool has_faults_;
  os::SimulatedDisk disk_;
  HandClock clock_;
  Promises promises_;
  JournalOptions options_;
  StreamId stream_ = 0;
  std::uint64_t discarded_ = 0;  // up to where; some may have been durable before
  std::unique_ptr<KeepingForTests> keeping_;
};

// The seeds in parts, which run beside each other.
class JournalCrashTest : public testing::TestWithParam<unsigned> {};
constexpr unsigned kParts = 20;

TEST_P(JournalCrashTest, WhatWasPromisedSurvivesPowerCutsAtEveryMoment) {
  const char* const one = std::getenv("INFEROMETER_SEED");
  const std::uint64_t count = one != nullptr ? 1 : (WantsFullTests() ? 10'000 : 200) / kParts;
  const std::uint64_t first = one != nullptr ? std::stoull(one) : 1 + GetParam() * count;
  for (std::uint64_t seed = first; seed < first + count; ++seed) {
    CrashRun(seed).Run();
    ASSERT_FALSE(testing::Test::HasFailure()) << "replay with INFEROMETER_SEED=" << seed;
  }
}
INSTANTIATE_TEST_SUITE_P(Part, JournalCrashTest, testing::Range(0U, kParts));

}  // namespace
}  // namespace inferometer::store
