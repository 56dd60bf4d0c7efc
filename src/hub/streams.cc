#include "hub/streams.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "base/record_key.h"

namespace inferometer::hub {
namespace {

constexpr std::size_t kShareThatGoes =
    16;  // one of so many gives way at a time, so that a flood costs each record little

// The value up to which a sixteenth of `touches` lies, one at least. REQUIRES: not empty
std::uint64_t LongestUntouched(std::vector<std::uint64_t>& touches) {
  const auto last = touches.begin() + static_cast<std::ptrdiff_t>((touches.size() - 1) / kShareThatGoes);
  std::nth_element(touches.begin(), last, touches.end());
  return *last;
}

[[maybe_unused]] bool IsSequence(std::uint64_t sequence) { return sequence >= 1 && sequence <= base::kLargestSequence; }

}  // namespace

Streams::Streams(const StreamLimits& limits) : limits_(limits) {}

const Streams::Device* Streams::FindDevice(std::string_view device) const {
  const auto found = devices_.find(device);
  return found == devices_.end() ? nullptr : &found->second;
}

const Streams::Stream* Streams::FindStream(const Device& device, std::uint64_t id) {
  const auto found = std::lower_bound(device.streams.begin(), device.streams.end(), id,
                                      [](const Stream& stream, std::uint64_t wanted) { return stream.id < wanted; });
  return found == device.streams.end() || found->id != id ? nullptr : &*found;
}

Streams::Place Streams::Touch(std::string_view device, std::uint64_t id) {
  const auto by_id = [](const Stream& stream, std::uint64_t wanted) { return stream.id < wanted; };
  auto known = devices_.find(device);
  if (known == devices_.end() || FindStream(known->second, id) == nullptr) {
    if (stream_count_ >= limits_.streams) ForgetStreamsOfAll();
    known = devices_.find(device);
    if (known == devices_.end()) known = devices_.emplace(device, Device()).first;
    if (known->second.streams.size() >= limits_.streams_of_device) ForgetStreamsOf(known->second);
    std::vector<Stream>& streams = known->second.streams;
    streams.insert(std::lower_bound(streams.begin(), streams.end(), id, by_id), Stream{id, 0, {}, nullptr});
    ++stream_count_;
  }
  Device& of = known->second;
  Stream& stream = *std::lower_bound(of.streams.begin(), of.streams.end(), id, by_id);
  now_ = std::min(now_ + 1, kMostTouches);
  stream.touched = now_;
  return {of, stream};
}

std::size_t Streams::MostSpans(const Device* device, const Stream* stream) const {
  const auto left = [](std::size_t limit, std::size_t used) { return limit - std::min(limit, used); };
  const std::size_t own = stream == nullptr ? 0 : stream->spans.span_count();
  const std::size_t of_device = device == nullptr ? 0 : device->spans;
  return std::min({limits_.spans_of_stream, own + left(limits_.spans_of_device, of_device),
                   own + left(limits_.spans, span_count_)});
}

template <typename ChangeSpans>
bool Streams::Change(const Place& place, ChangeSpans change) {
  const std::size_t most = MostSpans(&place.device, &place.stream);
  const std::size_t before = place.stream.spans.span_count();
  const bool changed = change(place.stream.spans, most);
  counters_.holes_forgotten += place.stream.spans.ForgetHoles(most);
  const std::size_t after = place.stream.spans.span_count();
  place.device.spans = place.device.spans + after - before;
  span_count_ = span_count_ + after - before;
  return changed;
}

Verdict Streams::Judge(std::string_view device, std::uint64_t stream, std::uint64_t sequence, std::uint32_t checksum) {
  assert(IsSequence(sequence));
  const Device* of = FindDevice(device);
  const Stream* known = of == nullptr ? nullptr : FindStream(*of, stream);
  const bool stored = known != nullptr && known->spans.IsStored(sequence);
  if (!stored) {
    static const SequenceSpans kNothing;
    const SequenceSpans& spans = known == nullptr ? kNothing : known->spans;
    if (spans.CanStore(sequence, MostSpans(of, known))) return Verdict::kNew;
    ++counters_.too_scattered;
    return Verdict::kTooScattered;
  }
  Touch(device, stream);
  const auto remembered = known->checksums == nullptr ? std::nullopt : known->checksums->Find(sequence);
  if (!remembered) return Verdict::kDuplicateUnverified;
  return *remembered == checksum ? Verdict::kDuplicate : Verdict::kConflict;
}

void Streams::Accept(std::string_view device, std::uint64_t stream, std::uint64_t sequence,
                     std::optional<std::uint32_t> checksum) {
  assert(IsSequence(sequence));
  const Place place = Touch(device, stream);
  Change(place, [&](SequenceSpans& spans, std::size_t) {
    spans.Store(sequence);
    return true;
  });
  if (checksum) Remember(place.stream, sequence, *checksum);
}

bool Streams::SetFirstHeld(std::string_view device, std::uint64_t stream, std::uint64_t first) {
  assert(IsSequence(first));
  const bool noted = Change(Touch(device, stream),
                            [&](SequenceSpans& spans, std::size_t most) { return spans.SetFirstHeld(first, most); });
  if (!noted) ++counters_.reports_refused;
  return noted;
}

bool Streams::NoteLost(std::string_view device, std::uint64_t stream, std::uint64_t from, std::uint64_t to) {
  assert(IsSequence(from) && IsSequence(to) && from <= to);
  const bool noted = Change(Touch(device, stream), [&](SequenceSpans& spans, std::size_t most) {
    return spans.MarkLost({from, to}, most);
  });
  if (!noted) ++counters_.reports_refused;
  return noted;
}

std::optional<std::uint64_t> Streams::Upto(std::string_view device, std::uint64_t stream) const {
  const Device* of = FindDevice(device);
  const Stream* known = of == nullptr ? nullptr : FindStream(*of, stream);
  return known == nullptr ? std::nullopt : std::optional(known->spans.upto());
}

std::vector<Gap> Streams::Gaps(std::string_view device, std::size_t most) const {
  std::vector<Gap> gaps;
  const Device* of = FindDevice(device);
  if (of == nullptr) return gaps;
  for (const Stream& stream : of->streams) {
    for (const auto& range : stream.spans.Gaps(most - gaps.size())) gaps.push_back({stream.id, range.from, range.to});
  }
  return gaps;
}

void Streams::ForEach(const std::function<void(const std::string& device, std::uint64_t stream,
                                               const SequenceSpans& spans)>& each) const {
  for (const auto& [id, device] : devices_) {
    for (const Stream& stream : device.streams) each(id, stream.id, stream.spans);
  }
}

void Streams::Remember(Stream& stream, std::uint64_t sequence, std::uint32_t checksum) {
  if (stream.checksums == nullptr) {
    stream.checksums = std::make_unique<RecentChecksums>();
    checksum_bytes_ += stream.checksums->bytes();
  }
  const std::size_t before = stream.checksums->bytes();
  stream.checksums->Remember(sequence, checksum);
  checksum_bytes_ += stream.checksums->bytes() - before;
  if (checksum_bytes_ > limits_.checksum_bytes) ForgetChecksums();
}

void Streams::DropChecksums(Stream& stream) {
  if (stream.checksums == nullptr) return;
  checksum_bytes_ -= stream.checksums->bytes();
  stream.checksums.reset();
}

void Streams::ForgetStreams(Device& device, std::uint64_t limit) {
  for (Stream& stream : device.streams) {
    if (stream.touched > limit) continue;
    device.spans -= stream.spans.span_count();
    span_count_ -= stream.spans.span_count();
    DropChecksums(stream);
    --stream_count_;
    ++counters_.streams_forgotten;
  }
  std::erase_if(device.streams, [limit](const Stream& stream) { return stream.touched <= limit; });
}

void Streams::ForgetStreamsOf(Device& device) {
  std::vector<std::uint64_t> touches;
  touches.reserve(device.streams.size());
  for (const Stream& stream : device.streams) touches.push_back(stream.touched);
  if (!touches.empty()) ForgetStreams(device, LongestUntouched(touches));
}

void Streams::ForgetStreamsOfAll() {
  std::vector<std::uint64_t> touches;
  touches.reserve(stream_count_);
  for (const auto& [id, device] : devices_) {
    for (const Stream& stream : device.streams) touches.push_back(stream.touched);
  }
  if (touches.empty()) return;
  const std::uint64_t limit = LongestUntouched(touches);
  for (auto& [id, device] : devices_) ForgetStreams(device, limit);
  std::erase_if(devices_, [](const auto& entry) { return entry.second.streams.empty(); });
}

void Streams::ForgetChecksums() {
  std::vector<std::uint64_t> touches;
  for (const auto& [id, device] : devices_) {
    for (const Stream& stream : device.streams) {
      if (stream.checksums != nullptr) touches.push_back(stream.touched);
    }
  }
  const std::uint64_t limit = LongestUntouched(touches);
  for (auto& [id, device] : devices_) {
    for (Stream& stream : device.streams) {
      if (stream.checksums == nullptr || stream.touched > limit) continue;
      DropChecksums(stream);
      ++counters_.checksums_forgotten;
    }
  }
}

}  // namespace inferometer::hub
