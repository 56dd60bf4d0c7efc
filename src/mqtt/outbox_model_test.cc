// The outbox against a model of everything around it: a device that restarts, a journal that evicts, a broker that
// loses, doubles, delays and breaks off, a hub that goes, comes back and loses its data. Whatever happened, once the
// faults end the hub has all that the device still holds, and nothing was sent without bound. INFEROMETER_SEED=n plays
// one seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "mqtt/outbox.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Time = Outbox::Time;

constexpr Time kBegin{seconds(1'000'000)};
constexpr Time kFaultsEnd = kBegin + minutes(20);
constexpr Time kEnd = kFaultsEnd + minutes(120);
constexpr std::size_t kWindow = 8;

// Things that will happen, in the order of their times.
class Future {
 public:
  explicit Future(std::uint64_t seed) : random_(seed) {}
  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] bool faulty() const { return now_ < kFaultsEnd; }
  std::uint64_t Below(std::uint64_t bound) { return random_() % bound; }
  // A fault that happens so often, while there are faults.
  bool Fault(unsigned percent) { return faulty() && Below(100) < percent; }
  milliseconds UpTo(milliseconds most) {
    return milliseconds(static_cast<milliseconds::rep>(Below(static_cast<std::uint64_t>(most.count()) + 1)));
  }
  void After(milliseconds delay, std::function<void()> what) {
    events_.emplace(std::pair(now_ + delay, next_++), std::move(what));
  }
  bool RunNext() {
    if (events_.empty() || events_.begin()->first.first > kEnd) return false;
    const auto event = events_.extract(events_.begin());
    now_ = event.key().first;
    event.mapped()();
    return true;
  }

 private:
  std::mt19937_64 random_;
  Time now_ = kBegin;
  std::uint64_t next_ = 0;
  std::map<std::pair<Time, std::uint64_t>, std::function<void()>> events_;
};

// What the hub has on its disk of one stream.
class Shelf {
 public:
  void Take(std::uint64_t from, std::uint64_t to) {
    if (handled_.size() <= to) handled_.resize(to + 1);
    for (; from <= to; ++from) handled_[from] = true;
  }
  // The device holds nothing before, and neither does anybody else.
  void BeginAt(std::uint64_t first) { upto_ = std::max(upto_, first - 1); }
  [[nodiscard]] std::uint64_t Upto() {
    while (Has(upto_ + 1)) ++upto_;
    return upto_;
  }
  [[nodiscard]] bool Has(std::uint64_t sequence) const { return sequence < handled_.size() && handled_[sequence]; }

 private:
  std::uint64_t upto_ = 0;
  std::vector<bool> handled_;  // by sequence
};

struct Lost {
  std::uint64_t stream, from, to;
};

class Hub {
 public:
  void Take(const RecordPlace& record, bool malformed, Acknowledgement& ack) {
    Shelf& shelf = shelves_[record.stream];
    shelf.Take(record.sequence, record.sequence);
    if (malformed) ack.rejected.push_back({record.stream, record.sequence, RejectCode::kMalformed});
    ack.acks.push_back({record.stream, shelf.Upto()});
    ack.store_id = store_id_;
  }
  Acknowledgement Greet(const std::vector<HeldStream>& held, const std::vector<Lost>& losses) {
    Acknowledgement ack;
    ack.store_id = store_id_;
    for (const HeldStream& stream : held) {
      Shelf& shelf = shelves_[stream.stream];
      shelf.BeginAt(stream.first);
      for (const Lost& lost : losses) {
        if (lost.stream == stream.stream) shelf.Take(lost.from, lost.to);
      }
      if (ack.acks.size() < kMostAcks) ack.acks.push_back({stream.stream, shelf.Upto()});
    }
    return ack;
  }
  void LoseAll() {
    shelves_.clear();
    ++store_id_;
  }
  [[nodiscard]] bool Has(std::uint64_t stream, std::uint64_t sequence) const {
    const auto shelf = shelves_.find(stream);
    return shelf != shelves_.end() && shelf->second.Has(sequence);
  }
  [[nodiscard]] std::uint64_t store_id() const { return store_id_; }
  bool up = true;

 private:
  std::uint64_t store_id_ = 77;
  std::map<std::uint64_t, Shelf> shelves_;
};

class World {
 public:
  explicit World(std::uint64_t seed) : future_(seed) {
    if (future_.Below(4) == 0) hub_.up = false;
    Restart();
    Connect();
    Append();
    Beat();
    Trouble();
  }
  void Run() {
    while (!settled_ && future_.RunNext()) {
      Pump();
      ASSERT_LE(outbox_->in_flight(), kWindow);
    }
  }
  void ExpectAllWell() {
    EXPECT_EQ(outbox_->lag(), 0U);
    EXPECT_TRUE(outbox_->drained());
    EXPECT_EQ(outbox_->store_id(), hub_.store_id());
    for (const HeldStream& held : outbox_->streams()) {
      EXPECT_GE(held.acked, held.last);  // behind it records may be lost
      for (std::uint64_t s = held.first; s <= held.last; ++s) {
        EXPECT_TRUE(hub_.Has(held.stream, s)) << "stream " << held.stream << " sequence " << s;
      }
    }
    Count();
    // A rewind costs a window at most; a replay and the first contact cost all that is held; a restart what the ledger
    // did not know yet.
    EXPECT_LE(resent_, kWindow * (rewinds_ + 1) + appended_ * (replays_ + lives_ + 1));
    EXPECT_LE(sent_in_calm_, appended_ * 2 + kWindow * 20) << "no storm once all is well";
  }

 private:
  // --- The device

  // A new life with a new stream; the ledger may be a bit old.
  void Restart() {
    ++lives_;
    if (outbox_) Count();
    Outbox::Options options;
    options.window = kWindow;
    outbox_.emplace(
        options, [this] { return static_cast<double>(future_.Below(1000)) / 1000.0; }, ledger_store_);
    for (HeldStream held : ledger_) {
      held.last = journal_[held.stream];
      outbox_->Hold(held);
    }
    stream_ = lives_;
    journal_[stream_] = 0;
    lost_behind_ = 0;
    outbox_->Hold({stream_, 1, 0, 0, 0});
    ledger_ = outbox_->streams();
  }
  void Count() {
    const Outbox::Counters& counters = outbox_->counters();
    resent_ += counters.resent;
    rewinds_ += counters.rewinds;
    replays_ += counters.replays;
  }
  void WriteLedger() {
    ledger_ = outbox_->streams();
    ledger_store_ = outbox_->store_id();
  }
  void Append() {
    if (!future_.faulty()) return;
    const std::uint64_t count = 1 + future_.Below(8);
    journal_[stream_] += std::exchange(lost_behind_, 0) + count;
    appended_ += count;
    outbox_->Extend(stream_, journal_[stream_]);
    if (future_.Fault(4)) LoseBehind(1 + future_.Below(4));
    future_.After(future_.UpTo(seconds(50)), [this] { Append(); });
  }
  // What found no room: its sequences are taken, and the journal never has them.
  void LoseBehind(std::uint64_t count) {
    const std::uint64_t from = journal_[stream_] + 1;
    lost_behind_ = count;
    losses_.push_back({stream_, from, from + count - 1});
    outbox_->Lose(stream_, from, from + count - 1);
    SendStatus();
  }
  void Evict() {
    const auto held = outbox_->streams();
    const HeldStream& oldest = held[future_.Below(std::min<std::uint64_t>(held.size(), 2))];
    if (oldest.first > oldest.last) return;
    const std::uint64_t upto = oldest.first + future_.Below(oldest.last - oldest.first + 1);
    if (upto > oldest.acked) losses_.push_back({oldest.stream, oldest.acked + 1, upto});
    outbox_->LetGo(oldest.stream, upto);
    WriteLedger();
    SendStatus();
  }
  void Beat() {
    settled_ = future_.now() > kFaultsEnd + minutes(5) && outbox_->drained() && outbox_->store_id() == hub_.store_id();
    SendStatus();
    future_.After(seconds(60), [this] { Beat(); });
  }
  void Pump() {
    for (auto step = outbox_->NextStep(future_.now());; step = outbox_->NextStep(future_.now())) {
      if (!step.send_behind) return AskAgain(step.ask_again);
      const RecordPlace record{step.send_behind->stream, step.send_behind->sequence + 1};
      if (future_.Fault(4)) {  // it cannot be read any more
        Report(record);
        outbox_->Lose(record.stream, record.sequence, record.sequence);
        continue;
      }
      if (!future_.faulty()) ++sent_in_calm_;
      const std::uint64_t ticket = outbox_->Sent(record, future_.now());
      if (!connected_) return outbox_->OnOffline();
      ToBroker(record, ticket);
    }
  }
  void AskAgain(std::optional<Time> at) {
    if (!at || (asked_ && *asked_ <= *at && *asked_ > future_.now())) return;
    asked_ = at;
    future_.After(std::chrono::ceil<milliseconds>(*at - future_.now()), [] {});
  }
  void Report(const RecordPlace& record) {
    losses_.push_back({record.stream, record.sequence, record.sequence});
    SendStatus();
  }

  // --- The network

  void Connect() {
    connected_ = true;
    ++connection_;
    // The device hears of it a bit later.
    future_.After(future_.UpTo(milliseconds(20)), [this, mine = connection_] {
      if (mine != connection_) return;
      SendStatus();
      outbox_->OnOnline();
    });
  }
  void Break() {
    connected_ = false;
    ++connection_;
    future_.After(future_.UpTo(milliseconds(20)), [this, mine = connection_] {
      if (mine == connection_) outbox_->OnOffline();
    });
  }
  void ToBroker(const RecordPlace& record, std::uint64_t ticket) {
    const bool too_large = record.sequence % 97 == 13;
    Answer answer = AnswerOfBroker(too_large ? 0x95 : hub_.up || reader_ ? 0x00 : 0x10);
    if (future_.Fault(1)) answer = AnswerOfBroker(0x97);
    future_.After(Delay(), [this, ticket, answer, mine = connection_, life = lives_] {
      if (mine == connection_ && life == lives_) TakeAnswer(ticket, answer);
    });
    const bool passed = answer.kind == Answer::Kind::kTaken && hub_.up;
    const int copies = !passed || future_.Fault(3) ? 0 : future_.Fault(3) ? 2 : 1;
    for (int i = 0; i < copies; ++i) future_.After(Delay(), [this, record] { AtHub(record); });
  }
  void TakeAnswer(std::uint64_t ticket, const Answer& answer) {
    const auto verdict = outbox_->OnAnswer(ticket, answer, future_.now());
    if (verdict.kind == Outbox::Verdict::Kind::kReportLost) Report(verdict.record);
  }
  void SendStatus() {
    if (!connected_ || future_.Fault(5)) return;
    future_.After(Delay(), [this, held = outbox_->streams(), losses = losses_] {
      if (hub_.up) ToDevice(hub_.Greet(held, losses));
    });
  }
  void AtHub(const RecordPlace& record) {
    if (!hub_.up) return;
    Acknowledgement ack;
    hub_.Take(record, record.sequence % 89 == 7, ack);
    ToDevice(ack);
  }
  // Over the broker, which loses, doubles and reorders; what arrives may be a forgery.
  void ToDevice(const Acknowledgement& ack) {
    const int copies = future_.Fault(10) ? 0 : future_.Fault(5) ? 2 : 1;
    for (int i = 0; i < copies; ++i) future_.After(Delay(), [this, ack] { AtDevice(ack); });
    if (!future_.Fault(2)) return;
    Acknowledgement forged = ack;
    // Of an ended stream only the hub knows better.
    std::erase_if(forged.acks, [this](const auto& item) { return item.stream != stream_; });
    for (auto& item : forged.acks) item.upto += 1'000'000;
    forged.acks.push_back({1'000'000 + future_.Below(1000), future_.Below(1000)});
    forged.rejected.push_back({stream_, 5'000'000, RejectCode::kMalformed});
    future_.After(Delay(), [this, forged] { AtDevice(forged); });
  }
  void AtDevice(const Acknowledgement& ack) {
    if (!connected_) return;
    outbox_->OnAck(ack, future_.now());
    if (!future_.Fault(90)) WriteLedger();
  }
  milliseconds Delay() { return future_.Fault(2) ? future_.UpTo(seconds(90)) : future_.UpTo(milliseconds(200)); }

  // --- What goes wrong

  void Trouble() {
    if (!future_.faulty()) return Heal();
    switch (future_.Below(12)) {
      case 0:
      case 1:
      case 2: connected_ ? Break() : Connect(); break;
      case 3:
      case 4: hub_.up = !hub_.up; break;
      case 5: reader_ = !reader_; break;
      case 6:
        if (future_.Below(4) == 0) hub_.LoseAll();
        break;
      case 7: Crash(); break;
      case 8:
        if (future_.Below(3) == 0) Evict();
        break;
      default: break;
    }
    future_.After(future_.UpTo(seconds(120)), [this] { Trouble(); });
  }
  void Crash() {
    Break();
    Restart();
  }
  void Heal() {
    hub_.up = true;
    if (!connected_) Connect();
  }

  Future future_;
  std::map<std::uint64_t, std::uint64_t> journal_;  // stream to last; streams count up
  std::uint64_t stream_ = 0;
  std::uint64_t lost_behind_ = 0;  // of that stream
  std::vector<HeldStream> ledger_;
  std::optional<std::uint64_t> ledger_store_;
  std::vector<Lost> losses_;
  std::optional<Outbox> outbox_;
  std::optional<Time> asked_;
  bool connected_ = false;
  std::uint64_t connection_ = 0;
  bool reader_ = false;  // somebody else listens, so that the broker does not say 0x10
  Hub hub_;
  bool settled_ = false;
  std::uint64_t lives_ = 0;
  std::uint64_t appended_ = 0;
  std::uint64_t resent_ = 0;
  std::uint64_t rewinds_ = 0;
  std::uint64_t replays_ = 0;
  std::uint64_t sent_in_calm_ = 0;
};

void Play(std::uint64_t seed) {
  SCOPED_TRACE("INFEROMETER_SEED=" + std::to_string(seed));
  World world(seed);
  world.Run();
  world.ExpectAllWell();
}

class OutboxModel : public testing::TestWithParam<std::uint64_t> {};

TEST_P(OutboxModel, HubHasAllThatIsHeldOnceTheFaultsEnd) {
  if (const char* seed = std::getenv("INFEROMETER_SEED")) return Play(std::strtoull(seed, nullptr, 10));
  constexpr std::uint64_t kSeeds = 100;
  const std::uint64_t first = GetParam() * kSeeds;
  for (std::uint64_t seed = first; seed < first + kSeeds && !HasFailure(); ++seed) Play(seed);
}

// In parts, so that they can run beside each other.
INSTANTIATE_TEST_SUITE_P(Seeds, OutboxModel, testing::Range<std::uint64_t>(0, 10));

}  // namespace
}  // namespace inferometer::mqtt
