// What a ledger knows, in memory and as the bytes of a slot.
#include <algorithm>
#include <iterator>
#include <utility>

#include "base/little_endian.h"
#include "store/checksum.h"
#include "store/ledger.h"

namespace inferometer::store {
namespace {

using base::AppendLittleEndian;
using base::ReadLittleEndian;

constexpr std::string_view kMagic = "INFLEDG\n";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kFixedBytes = 64;
constexpr std::size_t kAcknowledgedBytes = 16;
constexpr std::size_t kLossBytes = 48;
constexpr std::size_t kChecksumBytes = 4;
constexpr std::size_t kMostMarks = LedgerState::kMostStreams + 1;
constexpr StreamId kNoStream = 0;  // whose mark holds acknowledged_before; programs of before it forget such a mark
constexpr std::uint64_t kHighestGeneration = UINT64_MAX / 2;
constexpr std::uint32_t kKnownFlag = 1;
constexpr std::uint32_t kHoursFlag = 2;  // of the first report: lost hours stand behind the checksum
constexpr std::size_t kFlagsAt = 44;     // in a report

std::size_t UsedBytes(std::size_t acknowledged, std::size_t losses) {
  return kFixedBytes + acknowledged * kAcknowledgedBytes + losses * kLossBytes + kChecksumBytes;
}

void AppendLoss(std::string& out, const Loss& loss, std::uint32_t more_flags) {
  AppendLittleEndian(out, loss.number);
  AppendLittleEndian(out, loss.stream);
  AppendLittleEndian(out, loss.from);
  AppendLittleEndian(out, loss.to);
  AppendLittleEndian(out, loss.count);
  AppendLittleEndian(out, static_cast<std::uint32_t>(loss.reason));
  AppendLittleEndian(out, more_flags | (loss.is_known ? kKnownFlag : 0));
}

Loss ReadLoss(std::string_view bytes) {
  return {.number = ReadLittleEndian<std::uint64_t>(bytes, 0),
          .stream = ReadLittleEndian<std::uint64_t>(bytes, 8),
          .from = ReadLittleEndian<std::uint64_t>(bytes, 16),
          .to = ReadLittleEndian<std::uint64_t>(bytes, 24),
          .count = ReadLittleEndian<std::uint64_t>(bytes, 32),
          .reason = static_cast<LossReason>(ReadLittleEndian<std::uint32_t>(bytes, 40)),
          .is_known = (ReadLittleEndian<std::uint32_t>(bytes, kFlagsAt) & kKnownFlag) != 0};
}

Status Bad(std::size_t offset, const char* what) { return Status(Code::kDataLoss, what).At(offset); }

std::size_t AcknowledgedIn(std::string_view slot) { return ReadLittleEndian<std::uint32_t>(slot, 56); }
std::size_t LossesIn(std::string_view slot) { return ReadLittleEndian<std::uint32_t>(slot, 60); }

// Where the reports' checksum ends. What UsedBytes counts is there, and as it was written.
Result<std::size_t> UsedOf(std::string_view slot) {
  if (slot.size() < UsedBytes(0, 0) || !slot.starts_with(kMagic)) return Bad(0, "not a ledger");
  const std::size_t used = ReadLittleEndian<std::uint32_t>(slot, 12);
  if (used < UsedBytes(0, 0) || used > slot.size()) return Bad(12, "the length is impossible");
  const std::size_t checksum = used - kChecksumBytes;
  if (ReadLittleEndian<std::uint32_t>(slot, checksum) != Checksum(slot.substr(0, checksum))) {
    return Bad(checksum, "the checksum is wrong");
  }
  if (ReadLittleEndian<std::uint32_t>(slot, 8) != kVersion) return Bad(8, "another version");
  if (AcknowledgedIn(slot) > kMostMarks || LossesIn(slot) > LedgerState::kMostLosses ||
      UsedBytes(AcknowledgedIn(slot), LossesIn(slot)) != used) {
    return Bad(56, "the counts do not fit the length");
  }
  return used;
}

// Of a slot that UsedOf takes.
bool HasHours(std::string_view slot) {
  if (LossesIn(slot) == 0) return false;
  const std::size_t flags = kFixedBytes + AcknowledgedIn(slot) * kAcknowledgedBytes + kFlagsAt;
  return (ReadLittleEndian<std::uint32_t>(slot, flags) & kHoursFlag) != 0;
}

// Goes on from that of the reports, so that those that belong to other reports do not count. One of both as they stand
// would not: a text and its CRC-32 together have the same CRC-32 whatever the text.
std::uint32_t HoursChecksum(std::string_view slot, std::size_t used, std::size_t end) {
  return Checksum(slot.substr(used, end - used), ReadLittleEndian<std::uint32_t>(slot, used - kChecksumBytes));
}

Result<std::vector<LostHours>> HoursBehind(std::string_view slot, std::size_t used) {
  if (slot.size() < used + 4) return Bad(used, "the lost hours are missing");
  const std::size_t count = ReadLittleEndian<std::uint32_t>(slot, used);
  const std::size_t bytes = 4 + count * kLostHoursBytes;
  if (count > kMostLostHours || slot.size() < used + bytes + kChecksumBytes) return Bad(used, "too many lost hours");
  if (ReadLittleEndian<std::uint32_t>(slot, used + bytes) != HoursChecksum(slot, used, used + bytes)) {
    return Bad(used + bytes, "the lost hours' checksum is wrong");
  }
  return DecodeLostHours(slot.substr(used, bytes));
}

// Whether `newer` can take `older` in: no record stands between the two, and both are to be told to the hub, or
// neither.
bool CanMerge(const Loss& older, const Loss& newer) {
  if (older.stream != newer.stream || older.is_known != newer.is_known) return false;
  return older.from <= newer.to + 1 && newer.from <= older.to + 1;
}

// Of two reports that overlap, no record counts twice.
void TakeIn(const Loss& older, Loss& newer) {
  newer.from = std::min(older.from, newer.from);
  newer.to = std::max(older.to, newer.to);
  newer.count = std::min(older.count + newer.count, newer.to - newer.from + 1);
}

}  // namespace

std::string_view Name(LossReason reason) {
  switch (reason) {
    case LossReason::kEvicted: return "evicted";
    case LossReason::kNoRoom: return "no_room";
    case LossReason::kDamaged: return "damaged";
    case LossReason::kRejected: return "rejected";
    case LossReason::kQueueFull: return "queue_full";
  }
  return "unknown";
}

std::uint64_t LedgerState::AcknowledgedUpTo(StreamId stream) const {
  for (const Acknowledged& one : acknowledged_) {
    if (one.stream == stream) return one.upto;
  }
  return 0;
}

void LedgerState::Acknowledge(StreamId stream, std::uint64_t upto) {
  const auto found = std::find_if(acknowledged_.begin(), acknowledged_.end(),
                                  [&](const Acknowledged& one) { return one.stream == stream; });
  if (found != acknowledged_.end()) {
    found->upto = std::max(found->upto, upto);
    return;
  }
  if (acknowledged_.size() >= kMostStreams) acknowledged_.erase(acknowledged_.begin());
  acknowledged_.push_back({stream, upto});
}

void LedgerState::ForgetStream(StreamId stream) {
  std::erase_if(acknowledged_, [&](const Acknowledged& one) { return one.stream == stream; });
}

std::uint64_t LedgerState::FirstUnnamed(StreamId stream, std::uint64_t from, std::uint64_t to,
                                        std::uint64_t& end) const {
  std::uint64_t at = from;
  for (bool is_named = true; is_named && at <= to;) {
    is_named = false;
    end = to + 1;
    for (const Loss& one : losses_) {
      if (one.stream != stream || one.to < at) continue;
      is_named = is_named || one.from <= at;
      if (one.from <= at) at = one.to + 1;
      if (one.from > at) end = std::min(end, one.from);
    }
  }
  return std::min(at, to + 1);
}

bool LedgerState::IsReportedLost(StreamId stream, std::uint64_t sequence) const {
  return std::any_of(losses_.begin(), losses_.end(), [&](const Loss& one) {
    return one.stream == stream && one.from <= sequence && sequence <= one.to;
  });
}

std::vector<std::pair<std::uint64_t, std::uint64_t>> LedgerState::Unnamed(StreamId stream, std::uint64_t from,
                                                                          std::uint64_t to) const {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> unnamed;
  std::uint64_t end = from;
  for (std::uint64_t at = FirstUnnamed(stream, from, to, end); at <= to; at = FirstUnnamed(stream, end, to, end)) {
    unnamed.emplace_back(at, end - 1);
  }
  return unnamed;
}

void LedgerState::AddLoss(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason) {
  for (const auto& [first, last] : Unnamed(stream, from, to)) AddNewLoss(stream, first, last, reason);
}

void LedgerState::AddNewLoss(StreamId stream, std::uint64_t from, std::uint64_t to, LossReason reason) {
  const std::uint64_t count = to - from + 1;
  lost_records_ += count;
  // A report that grows gets a new number: the hub may know the shorter one.
  if (!losses_.empty() && losses_.back().stream == stream && losses_.back().reason == reason &&
      losses_.back().to + 1 == from && !losses_.back().is_known) {
    losses_.back().to = to;
    losses_.back().count += count;
    losses_.back().number = next_number_++;
    return;
  }
  if (losses_.size() >= kMostLosses) MakeRoomForLoss();
  losses_.push_back({next_number_++, stream, from, to, count, reason});
}

bool LedgerState::MergeTwoLosses() {
  for (auto older = losses_.begin(); older != losses_.end(); ++older) {
    const auto newer = std::find_if(older + 1, losses_.end(), [&](const Loss& one) { return CanMerge(*older, one); });
    if (newer == losses_.end()) continue;
    TakeIn(*older, *newer);
    losses_.erase(older);
    return true;
  }
  return false;
}

void LedgerState::MakeRoomForLoss() {
  if (MergeTwoLosses()) return;
  auto goes = std::find_if(losses_.begin(), losses_.end(), [](const Loss& one) { return one.is_known; });
  if (goes == losses_.end()) goes = losses_.begin();
  merged_away_ += goes->count;
  losses_.erase(goes);
}

bool LedgerState::LossesAreKnown(std::uint64_t upto_number) {
  bool is_news = false;
  for (Loss& one : losses_) {
    if (one.number > upto_number || one.is_known) continue;
    one.is_known = is_news = true;
  }
  return is_news;
}

std::vector<Loss> LedgerState::LossesToTell() const {
  std::vector<Loss> told;
  std::copy_if(losses_.begin(), losses_.end(), std::back_inserter(told), [](const Loss& one) { return !one.is_known; });
  return told;
}

void LedgerState::ForgetAcknowledgements() {
  acknowledged_.clear();
  acknowledged_before = 0;
  const auto known =
      std::stable_partition(losses_.begin(), losses_.end(), [](const Loss& one) { return !one.is_known; });
  std::for_each(known, losses_.end(), [this](Loss& one) {
    one.is_known = false;
    one.number = next_number_++;
  });
}

void LedgerState::RenumberLossesFrom(std::uint64_t number) {
  next_number_ = std::max(next_number_, number);
  for (Loss& one : losses_) one.number = next_number_++;
}

void LedgerState::ContinueFrom(const LedgerState& older) {
  const LedgerState newer = std::exchange(*this, older);
  // An answer that comes yet is to the newer one's numbers.
  if (newer.next_number_ > 1) RenumberLossesFrom(newer.next_number_);
  if (newer.store_id != 0 && newer.store_id != older.store_id) {
    ForgetAcknowledgements();
    store_id = newer.store_id;
  }
  for (const Acknowledged& one : newer.acknowledged_) Acknowledge(one.stream, one.upto);
  // The older one may name some of them: what is missing in the journal is found by each run.
  std::uint64_t told = 0;
  for (const Loss& one : newer.losses_) {
    told += one.count;
    for (const auto& [from, to] : Unnamed(one.stream, one.from, one.to)) {
      if (losses_.size() >= kMostLosses) MakeRoomForLoss();
      losses_.push_back({next_number_++, one.stream, from, to, to - from + 1, one.reason, one.is_known});
      lost_records_ += to - from + 1;
    }
  }
  for (const LostHours& one : newer.lost_hours_) AddLostHours(one);
  merged_away_ += newer.merged_away_;
  lost_records_ += newer.lost_records_ - std::min(newer.lost_records_, told);
}

// Lost hours stand behind what programs of before them read, who then see a slot like any other. That a slot of ours
// has them must stand where they pass it over, or a slot that a crash left without its end would be taken for whole.
std::string LedgerState::Encode(std::uint64_t generation) const {
  std::string out = EncodeReports(generation);
  if (lost_hours_.empty() || losses_.empty()) return out;
  const std::size_t used = out.size();
  AppendLostHours(lost_hours_, out);
  AppendLittleEndian(out, HoursChecksum(out, used, out.size()));
  return out;
}

std::string LedgerState::EncodeReports(std::uint64_t generation) const {
  std::string out(kMagic);
  AppendLittleEndian(out, kVersion);
  const std::size_t marks = acknowledged_.size() + (acknowledged_before != 0 ? 1 : 0);
  AppendLittleEndian(out, static_cast<std::uint32_t>(UsedBytes(marks, losses_.size())));
  AppendLittleEndian(out, generation);
  AppendLittleEndian(out, store_id);
  AppendLittleEndian(out, next_number_);
  AppendLittleEndian(out, merged_away_);
  AppendLittleEndian(out, lost_records_);
  AppendLittleEndian(out, static_cast<std::uint32_t>(marks));
  AppendLittleEndian(out, static_cast<std::uint32_t>(losses_.size()));
  if (acknowledged_before != 0) {
    AppendLittleEndian(out, kNoStream);
    AppendLittleEndian(out, acknowledged_before);
  }
  for (const Acknowledged& one : acknowledged_) {
    AppendLittleEndian(out, one.stream);
    AppendLittleEndian(out, one.upto);
  }
  std::uint32_t hours_flag = lost_hours_.empty() ? 0 : kHoursFlag;
  for (const Loss& one : losses_) AppendLoss(out, one, std::exchange(hours_flag, 0));
  AppendLittleEndian(out, Checksum(out));
  return out;
}

Result<LedgerState::Decoded> LedgerState::Decode(std::string_view slot) {
  ASSIGN_OR_RETURN(const std::size_t used, UsedOf(slot));
  ASSIGN_OR_RETURN(Decoded decoded, DecodeReports(slot.substr(0, used)));
  if (HasHours(slot)) {
    ASSIGN_OR_RETURN(decoded.state.lost_hours_, HoursBehind(slot, used));
  }
  return decoded;
}

Result<LedgerState::Decoded> LedgerState::DecodeReports(std::string_view slot) {
  Decoded decoded;
  decoded.generation = ReadLittleEndian<std::uint64_t>(slot, 16);
  if (decoded.generation > kHighestGeneration) return Bad(16, "no ledger was written so often");
  decoded.state.store_id = ReadLittleEndian<std::uint64_t>(slot, 24);
  decoded.state.next_number_ = ReadLittleEndian<std::uint64_t>(slot, 32);
  decoded.state.merged_away_ = ReadLittleEndian<std::uint64_t>(slot, 40);
  decoded.state.lost_records_ = ReadLittleEndian<std::uint64_t>(slot, 48);
  std::size_t at = kFixedBytes;
  for (std::size_t i = 0; i < AcknowledgedIn(slot); ++i, at += kAcknowledgedBytes) {
    const Acknowledged one{ReadLittleEndian<std::uint64_t>(slot, at), ReadLittleEndian<std::uint64_t>(slot, at + 8)};
    if (one.stream == kNoStream) {
      decoded.state.acknowledged_before = one.upto;
    } else {
      decoded.state.acknowledged_.push_back(one);
    }
  }
  // A program of before acknowledged_before wrote one more.
  std::vector<Acknowledged>& marks = decoded.state.acknowledged_;
  if (marks.size() > kMostStreams) marks.erase(marks.begin());
  for (std::size_t i = 0; i < LossesIn(slot); ++i, at += kLossBytes) {
    const Loss loss = ReadLoss(slot.substr(at, kLossBytes));
    if (loss.from > loss.to) return Bad(at + 16, "a loss ends before it begins");
    decoded.state.losses_.push_back(loss);
  }
  return decoded;
}

}  // namespace inferometer::store
