#include "hub/received_entry.h"

#include <cassert>
#include <utility>

#include "base/little_endian.h"

namespace inferometer::hub {
namespace {

using base::AppendLittleEndian;
using base::ReadLittleEndian;

constexpr std::size_t kReceivedFixedBytes = 29;
constexpr std::size_t kLossFixedBytes = 42;

WallTime TimeAt(std::string_view bytes) {
  return WallTime(std::chrono::microseconds(ReadLittleEndian<std::int64_t>(bytes)));
}
void AppendTime(std::string& out, WallTime time) {
  AppendLittleEndian(out, static_cast<std::int64_t>(time.time_since_epoch().count()));
}
Status Bad(std::size_t offset) { return Status(Code::kDataLoss, "not an entry of a hub").At(offset); }

}  // namespace

std::string EncodeReceived(const ReceivedEntry& entry, std::string memory) {
  assert(entry.device.size() <= 255);
  std::string out = std::move(memory);
  out.clear();
  out.reserve(kReceivedFixedBytes + entry.device.size() + entry.line.size());
  AppendTime(out, entry.received);
  AppendLittleEndian(out, entry.stream);
  AppendLittleEndian(out, entry.sequence);
  AppendLittleEndian(out, entry.checksum);
  AppendLittleEndian(out, static_cast<std::uint8_t>(entry.device.size()));
  out += entry.device;
  out += entry.line;
  return out;
}

Result<ReceivedEntry> DecodeReceived(std::string_view payload) {
  if (payload.size() < kReceivedFixedBytes) return Bad(0);
  const std::size_t device = ReadLittleEndian<std::uint8_t>(payload, kReceivedFixedBytes - 1);
  if (payload.size() < kReceivedFixedBytes + device) return Bad(kReceivedFixedBytes - 1);
  return ReceivedEntry{.received = TimeAt(payload),
                       .device = payload.substr(kReceivedFixedBytes, device),
                       .stream = ReadLittleEndian<std::uint64_t>(payload, 8),
                       .sequence = ReadLittleEndian<std::uint64_t>(payload, 16),
                       .checksum = ReadLittleEndian<std::uint32_t>(payload, 24),
                       .line = payload.substr(kReceivedFixedBytes + device)};
}

std::string EncodeLoss(const LossEntry& entry) {
  assert(entry.device.size() <= 255 && entry.reason.size() <= 255);
  std::string out;
  AppendTime(out, entry.received);
  AppendLittleEndian(out, entry.stream);
  AppendLittleEndian(out, entry.from);
  AppendLittleEndian(out, entry.to);
  AppendLittleEndian(out, entry.count);
  AppendLittleEndian(out, static_cast<std::uint8_t>(entry.device.size()));
  AppendLittleEndian(out, static_cast<std::uint8_t>(entry.reason.size()));
  out += entry.device;
  out += entry.reason;
  return out;
}

Result<LossEntry> DecodeLoss(std::string_view payload) {
  if (payload.size() < kLossFixedBytes) return Bad(0);
  const std::size_t device = ReadLittleEndian<std::uint8_t>(payload, kLossFixedBytes - 2);
  const std::size_t reason = ReadLittleEndian<std::uint8_t>(payload, kLossFixedBytes - 1);
  if (payload.size() != kLossFixedBytes + device + reason) return Bad(kLossFixedBytes - 2);
  return LossEntry{.received = TimeAt(payload),
                   .device = payload.substr(kLossFixedBytes, device),
                   .stream = ReadLittleEndian<std::uint64_t>(payload, 8),
                   .from = ReadLittleEndian<std::uint64_t>(payload, 16),
                   .to = ReadLittleEndian<std::uint64_t>(payload, 24),
                   .count = ReadLittleEndian<std::uint64_t>(payload, 32),
                   .reason = payload.substr(kLossFixedBytes + device)};
}

}  // namespace inferometer::hub
