// The dedup state as bytes, little-endian. Do not change a value that stands here: a change is a new version.
//
//   version u32 (1), touches u64, devices u32       touches at most 2^63
//   each device:  id bytes u8, id, streams u32          ids canonical, none twice
//   each stream:  id u64, touched u64, then its spans   ids ascending, touched at most `touches`
//   spans:        upto u64, first held u64 (0: not known), spans u32, each: from u64, to u64, kind u8
//                 (0 stored, 1 lost, 2 missing); SequenceSpans says which can be
#include <fmt/format.h>

#include <utility>

#include "base/device_id.h"
#include "base/little_endian.h"
#include "hub/streams.h"

namespace inferometer::hub {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kHeadBytes = 16;
constexpr std::size_t kStreamHeadBytes = 16;

Status Damaged(std::string what) { return {Code::kDataLoss, std::move(what)}; }

}  // namespace

void Streams::AppendCheckpoint(std::string& out) const {
  base::AppendLittleEndian(out, kVersion);
  base::AppendLittleEndian(out, now_);
  base::AppendLittleEndian(out, static_cast<std::uint32_t>(devices_.size()));
  for (const auto& [id, device] : devices_) {
    base::AppendLittleEndian(out, static_cast<std::uint8_t>(id.size()));
    out += id;
    base::AppendLittleEndian(out, static_cast<std::uint32_t>(device.streams.size()));
    for (const Stream& stream : device.streams) {
      base::AppendLittleEndian(out, stream.id);
      base::AppendLittleEndian(out, stream.touched);
      stream.spans.Append(out);
    }
  }
}

Status Streams::RestoreCheckpoint(std::string_view bytes) {
  if (bytes.size() < kHeadBytes) return Damaged("a checkpoint of streams that is cut short").At(bytes.size());
  if (const auto version = base::ReadLittleEndian<std::uint32_t>(bytes); version != kVersion) {
    return Status(Code::kFailedPrecondition,
                  fmt::format("a checkpoint of streams of version {}; this program knows {}", version, kVersion))
        .At(0);
  }
  Streams restored(limits_);
  restored.now_ = base::ReadLittleEndian<std::uint64_t>(bytes, 4);
  if (restored.now_ > kMostTouches) return Damaged("more touches than there can be").At(4);
  std::string_view rest = bytes.substr(kHeadBytes);
  for (auto devices = base::ReadLittleEndian<std::uint32_t>(bytes, 12); devices > 0; --devices) {
    Status taken = restored.TakeDevice(rest);
    const std::size_t offset = bytes.size() - rest.size() + taken.offset_bytes().value_or(0);
    if (!taken.ok()) return std::move(taken).At(offset);
  }
  if (!rest.empty()) return Damaged("bytes behind the checkpoint of streams").At(bytes.size() - rest.size());
  restored.counters_ = counters_;
  *this = std::move(restored);
  return Ok();
}

// A failure's offset is from where `bytes` then begins.
Status Streams::TakeDevice(std::string_view& bytes) {
  const std::size_t id_bytes = bytes.empty() ? 0 : static_cast<unsigned char>(bytes.front());
  if (bytes.size() < 1 + id_bytes + sizeof(std::uint32_t)) return Damaged("a device that is cut short").At(0);
  const std::string_view id = bytes.substr(1, id_bytes);
  if (!base::IsCanonicalDeviceId(id)) return Damaged("a device id that is none").At(1);
  const auto [entry, is_new] = devices_.try_emplace(std::string(id));
  if (!is_new) return Damaged("a device that stands twice").At(1);
  auto streams = base::ReadLittleEndian<std::uint32_t>(bytes, 1 + id_bytes);
  if (streams == 0) return Damaged("a device without streams").At(1 + id_bytes);
  bytes.remove_prefix(1 + id_bytes + sizeof streams);
  for (; streams > 0; --streams) RETURN_IF_ERROR(TakeStream(bytes, entry->second));
  return Ok();
}

Status Streams::TakeStream(std::string_view& bytes, Device& device) {
  if (bytes.size() < kStreamHeadBytes) return Damaged("a stream that is cut short").At(0);
  Stream stream;
  stream.id = base::ReadLittleEndian<std::uint64_t>(bytes, 0);
  stream.touched = base::ReadLittleEndian<std::uint64_t>(bytes, 8);
  if (!device.streams.empty() && stream.id <= device.streams.back().id) return Damaged("streams out of order").At(0);
  if (stream.touched > now_) return Damaged("a stream touched in the future").At(8);
  bytes.remove_prefix(kStreamHeadBytes);
  ASSIGN_OR_RETURN(stream.spans, SequenceSpans::Take(bytes));
  device.spans += stream.spans.span_count();
  span_count_ += stream.spans.span_count();
  ++stream_count_;
  device.streams.push_back(std::move(stream));
  return Ok();
}

}  // namespace inferometer::hub
