// The ledger's file; ledger_state.cc has what stands in it.
#include "store/ledger.h"

#include <utility>

namespace inferometer::store {
namespace {

constexpr std::size_t kSlotBytes = 32768;
constexpr int kTries = 3;

}  // namespace

Result<LedgerState> Ledger::Inspect(os::FileCalls& calls, const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const auto file, os::OpenFile::Open(calls, path, os::Access::kRead));
  Ledger ledger(calls, path);
  RETURN_IF_ERROR(ledger.Read(file));
  if (ledger.was_damaged_) return {Code::kDataLoss, "neither of its two slots is good"};
  return std::move(ledger.state_);
}

Ledger Ledger::Open(os::FileCalls& calls, const std::filesystem::path& path) {
  Ledger ledger(calls, path);
  Status prepared = ledger.Prepare();
  for (int i = 1; i < kTries && !prepared.ok(); ++i) prepared = ledger.Prepare();
  prepared.IgnoreBecause("Write tries again");
  return ledger;
}

Status Ledger::Prepare() {
  if (file_) return is_durable_ ? Ok() : MakeDurable();
  auto file = os::OpenFile::Open(*calls_, path_, os::Access::kReadWrite);
  was_missing_ |= file.status().code() == Code::kNotFound;
  if (file.status().code() == Code::kNotFound) return Create();
  RETURN_IF_ERROR(file.status());
  RETURN_IF_ERROR(Read(*file));
  file_ = std::move(*file);
  return MakeDurable();
}

Status Ledger::Create() {
  ASSIGN_OR_RETURN(auto file, os::OpenFile::Open(*calls_, path_, os::Access::kCreateNew));
  // Zeros are written, and not only reserved: an overwrite of written blocks needs no new ones.
  Status status = file.WriteAllAt(std::string(2 * kSlotBytes, '\0'), 0);
  if (status.ok()) status = file.SyncData();
  if (status.ok()) status = calls_->SyncFolder(path_.parent_path());
  if (!status.ok()) {
    calls_->Unlink(path_).IgnoreBecause("the first error is the one to report");
    return status;
  }
  file_ = std::move(file);
  is_durable_ = true;
  return Ok();
}

// One slot may stand on a bad sector, and the other be good.
Status Ledger::Read(const os::OpenFile& file) {
  Status trouble;
  bool is_blank = true;
  LedgerState newest;
  for (const std::size_t at : {std::size_t{0}, kSlotBytes}) {
    std::string slot(kSlotBytes, '\0');
    auto got = file.ReadUpTo(slot, at);
    for (int i = 1; i < kTries && !got.ok(); ++i) got = file.ReadUpTo(slot, at);
    if (!got.ok()) trouble = got.status();
    if (slot.find_first_not_of('\0') != std::string::npos) is_blank = false;
    auto decoded = LedgerState::Decode(slot);
    if (!decoded.ok() || decoded->generation <= generation_) continue;
    generation_ = decoded->generation;
    newest = std::move(decoded->state);
    newest_slot_ = std::move(slot);
  }
  if (generation_ == 0) RETURN_IF_ERROR(trouble);
  was_damaged_ = generation_ == 0 && !is_blank;
  state_.ContinueFrom(newest);
  return Ok();
}

// What an earlier process wrote may never have reached the disk, even where a sync says so now. It is written again,
// with the same bytes: before the other slot is touched, one of them must be good.
Status Ledger::MakeDurable() {
  ASSIGN_OR_RETURN(const std::uint64_t size, file_->Size());
  if (size < 2 * kSlotBytes) RETURN_IF_ERROR(file_->WriteAllAt(std::string(2 * kSlotBytes - size, '\0'), size));
  RETURN_IF_ERROR(WriteSlot(generation_, newest_slot_));
  RETURN_IF_ERROR(calls_->SyncFolder(path_.parent_path()));
  newest_slot_ = {};
  is_durable_ = true;
  return Ok();
}

Status Ledger::WriteSlot(std::uint64_t generation, const std::string& slot) {
  RETURN_IF_ERROR(file_->WriteAllAt(slot, generation % 2 * kSlotBytes));
  return file_->SyncData();
}

Status Ledger::Write() {
  RETURN_IF_ERROR(Prepare());
  const std::uint64_t generation = generation_ + 1;
  // After a failure nothing is known of the slot; the next attempt must not touch the other one, which is good.
  RETURN_IF_ERROR(WriteSlot(generation, state_.Encode(generation)));
  generation_ = generation;
  return Ok();
}

}  // namespace inferometer::store
