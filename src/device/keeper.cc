#include "device/keeper.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "base/record_key.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::device {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;

// Between two looks of a waiting owner at what it waits for.
constexpr milliseconds kLook{20};
constexpr milliseconds kLongestSleep{1'000};
constexpr std::size_t kMostNotices = 4096;
constexpr std::size_t kMostTold = 16;  // problems

}  // namespace

Keeper::Keeper(KeeperOptions options, std::unique_ptr<RecordKeeping> keeping, std::unique_ptr<Shipping> shipping,
               const base::Clock& clock, KeeperEvents events)
    : options_(options),
      clock_(clock),
      events_(std::move(events)),
      device_id_(keeping->device_id()),
      stream_text_(base::StreamText(keeping->journal().stream())),
      keeping_(std::move(keeping)),
      shipping_(std::move(shipping)),
      thread_([this] { Run(); }) {}

Keeper::~Keeper() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    is_finishing_ = true;
    queue_.clear();
    changed_.notify_all();
  }
  thread_.join();
}

InferenceRecord Keeper::Keep(InferenceRecord record) {
  record::RoundAsWritten(record);
  std::unique_lock lock(mutex_);
  const std::uint64_t sequence = next_sequence_++;
  record.record_id = device_id_ + "/" + stream_text_ + "/" + std::to_string(sequence);
  if (queued_records_ >= options_.most_queued || is_finishing_) {
    refused_.push_back(sequence);
    store::AddLostHours(store::LostHours::Of(record), refused_hours_);
    return record;
  }
  ++queued_records_;
  ++pushed_;
  queue_.emplace_back(QueuedRecord{sequence, record});
  lock.unlock();
  changed_.notify_all();  // unlocked: who wakes shall not wait for us, nor the inference for him
  return record;
}

// What a flood of acknowledgements or answers would add to a thread that waits for its disk is dropped: the outbox asks
// again for what it did not hear.
void Keeper::Push(Command command) {
  const bool may_drop =
      std::holds_alternative<mqtt::Acknowledgement>(command) || std::holds_alternative<TicketAnswer>(command);
  const std::lock_guard lock(mutex_);
  if (may_drop && queue_.size() - queued_records_ >= kMostNotices) return;
  ++pushed_;
  queue_.push_back(std::move(command));
  changed_.notify_all();
}

void Keeper::RequestSave() { Push(Save{}); }
void Keeper::OnOnline() { Push(Online{}); }
void Keeper::OnOffline() { Push(Offline{}); }
void Keeper::Attach(Publisher& publisher) { Push(&publisher); }
void Keeper::OnAcknowledgement(mqtt::Acknowledgement acknowledgement) { Push(std::move(acknowledgement)); }
void Keeper::OnAnswer(std::uint64_t ticket, const mqtt::Answer& answer) { Push(TicketAnswer{ticket, answer}); }

bool Keeper::Flush(milliseconds at_most) {
  RequestSave();
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = pushed_;
  return changed_.wait_for(lock, at_most, [&] { return handled_ >= wanted; });
}

bool Keeper::Drain(milliseconds at_most, const std::stop_token& stop) {
  const auto end = clock_.Steady() + at_most;
  std::unique_lock lock(mutex_);
  const std::uint64_t wanted = pushed_;
  const auto is_drained = [&] { return handled_ >= wanted && stats_.lag == 0 && stats_.is_confirmed; };
  while (!stop.stop_requested() && clock_.Steady() < end) {
    if (changed_.wait_for(lock, kLook, is_drained)) return true;
  }
  return is_drained();
}

void Keeper::Finish() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    // In the last round, so that the save finds the disk tried again; one before it may come too soon after a failure.
    ++pushed_;
    queue_.emplace_back(Save{});
    is_finishing_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

KeeperStats Keeper::stats() const {
  const std::lock_guard lock(mutex_);
  return stats_;
}

void Keeper::Run() {
  if (keeping_->unsaved() > 0) SaveAll();  // what a crash left
  PublishStats();
  std::deque<Command> commands;
  for (bool more = true; more;) {
    more = TakeCommands(commands);
    if (!more) keeping_->RetryNow();
    for (Command& command : commands) Handle(command);
    WriteAndSync(!more);
    if (shipping_) shipping_->Work(clock_.Steady());
    PublishStats();
    const std::lock_guard lock(mutex_);
    handled_ += commands.size();
    changed_.notify_all();
  }
  const Status closed = keeping_->Close();
  if (!closed.ok()) TellProblem(closed.message());
  PublishStats();
}

// Waits for work. False: this is the last round.
bool Keeper::TakeCommands(std::deque<Command>& commands) {
  commands.clear();
  const auto wait = std::max(nanoseconds(0), NextWake() - clock_.Steady());
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [this] { return !queue_.empty() || !refused_.empty() || is_finishing_; });
  commands.swap(queue_);
  queued_records_ = 0;
  const auto refused = std::exchange(refused_, {});
  const auto refused_hours = std::exchange(refused_hours_, {});
  const bool more = !is_finishing_;
  lock.unlock();  // an inference shall not wait while many are named
  for (const std::uint64_t sequence : refused) {
    keeping_->NoteLost(keeping_->journal().stream(), sequence, sequence, store::LossReason::kQueueFull);
  }
  for (const store::LostHours& hours : refused_hours) keeping_->NoteLostHours(hours);
  return more;
}

nanoseconds Keeper::NextWake() const {
  const auto now = clock_.Steady();
  auto wake = now + kLongestSleep;
  if (unsynced_ > 0) wake = std::min(wake, unsynced_since_ + options_.sync_within);
  if (shipping_) wake = std::min(wake, shipping_->NextWork(now));
  return wake;
}

void Keeper::Handle(Command& command) {
  std::visit(
      [this](auto& one) {
        using Kind = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Kind, QueuedRecord>) KeepOne(one);
        if constexpr (std::is_same_v<Kind, Save>) SaveAll();
        if (shipping_ == nullptr) return;
        const auto now = clock_.Steady();
        if constexpr (std::is_same_v<Kind, Online>) shipping_->OnOnline(now);
        if constexpr (std::is_same_v<Kind, Offline>) shipping_->OnOffline();
        if constexpr (std::is_same_v<Kind, mqtt::Acknowledgement>) shipping_->OnAcknowledgement(one, now);
        if constexpr (std::is_same_v<Kind, TicketAnswer>) shipping_->OnAnswer(one.ticket, one.answer, now);
        if constexpr (std::is_same_v<Kind, Publisher*>) shipping_->Attach(*one, now);
      },
      command);
}

void Keeper::KeepOne(QueuedRecord& queued) {
  std::string line;
  record::AppendJson(queued.record, line);
  keeping_->Append(queued.sequence, std::move(line));
  if (unsynced_++ == 0) unsynced_since_ = clock_.Steady();
  // At once, so that it survives the death of this process.
  const Status written = keeping_->Write();
  if (!written.ok()) TellProblem("records are kept in memory: " + written.message());
}

void Keeper::WriteAndSync(bool is_last) {
  const bool is_due =
      unsynced_ >= options_.sync_after || (unsynced_ > 0 && clock_.Steady() - unsynced_since_ >= options_.sync_within);
  if (!is_due && !is_last && !keeping_->IsSyncDue()) return;
  const Status synced = keeping_->Sync();
  if (synced.ok()) {
    unsynced_ = 0;
    told_problems_.clear();
  } else {
    unsynced_since_ = clock_.Steady();
    TellProblem("records are kept in memory: " + synced.message());
  }
  TellWhatGotNoFile(is_last);
}

// Whenever there are twice as many, and at the end.
void Keeper::TellWhatGotNoFile(bool is_last) {
  const std::uint64_t count = keeping_->only_at_hub();
  if (count == told_only_at_hub_ || (count < 2 * told_only_at_hub_ && !is_last)) return;
  told_only_at_hub_ = count;
  TellProblem(
      std::to_string(count) +
      " records have no file here: none could be written before the journal had to make room; the hub has them");
}

void Keeper::SaveAll() {
  const auto outcome = keeping_->Save();
  if (keeping_->journal().pending() == 0) unsynced_ = 0;
  if (shipping_) shipping_->RequestStatus();
  if (!outcome.ok()) return TellProblem(outcome.status().message());
  for (const store::FailedSave& failed : outcome->failures) TellProblem(failed.why.message());
  if (!outcome->damaged_records.empty()) {
    TellProblem(std::to_string(outcome->damaged_records.size()) + " records could not be read back from the journal");
  }
  for (const store::SavedFile& saved : outcome->saved) {
    ++saves_;
    if (shipping_) shipping_->PublishSummary(saved.summary);
    if (events_.on_saved) events_.on_saved(saved);
  }
}

// The same trouble is told once, until things were well in between.
void Keeper::TellProblem(const std::string& problem) {
  if (told_problems_.size() >= kMostTold) told_problems_.clear();
  if (!told_problems_.insert(problem).second) return;
  if (events_.on_problem) events_.on_problem(problem);
}

void Keeper::PublishStats() {
  KeeperStats now;
  now.saves = saves_;
  now.unwritten = keeping_->journal().pending();
  now.unsaved = keeping_->unsaved() + now.unwritten;
  now.lag = (shipping_ ? shipping_->lag() : keeping_->lag()) + keeping_->journal().pending();
  now.is_confirmed = shipping_ ? shipping_->is_confirmed() : true;
  now.lost_records = keeping_->lost_records();
  now.only_in_files = keeping_->only_in_files();
  now.lost_in_this_run = keeping_->lost_in_this_run();
  now.durable_upto = keeping_->durable_upto();
  const std::lock_guard lock(mutex_);
  stats_ = now;
}

}  // namespace inferometer::device
