// A checkpoint of the dedup state: whatever the bytes, an answer; and what is taken comes back as it was and can be
// used.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hub/streams.h"

namespace {

using namespace inferometer::hub;

void Check(bool holds) {
  if (!holds) std::abort();
}

void Use(Streams& streams) {
  for (const std::uint64_t sequence : {1U, 2U, 5U, 100U}) {
    if (streams.Judge("abc", 1, sequence, 7) != Verdict::kNew) continue;
    streams.Accept("abc", 1, sequence, 7);
    Check(streams.Judge("abc", 1, sequence, 7) == Verdict::kDuplicate);
  }
  streams.NoteLost("abc", 1, 3, 9);
  streams.SetFirstHeld("abc", 1, 50);
  for (const Gap& gap : streams.Gaps("abc", 100)) Check(gap.from >= 1 && gap.from <= gap.to);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  Streams streams;
  const auto restored = streams.RestoreCheckpoint(bytes);
  if (!restored.ok()) {
    Check(restored.offset_bytes().value_or(size + 1) <= size);
    Check(streams.stream_count() == 0 && streams.device_count() == 0);
    return 0;
  }
  std::string again;
  streams.AppendCheckpoint(again);
  Check(again.size() == size);  // the devices may stand in another order
  Streams twice;
  Check(twice.RestoreCheckpoint(again).ok());
  Check(twice.stream_count() == streams.stream_count() && twice.device_count() == streams.device_count());
  Use(streams);
  again.clear();
  streams.AppendCheckpoint(again);
  Check(twice.RestoreCheckpoint(again).ok());
  return 0;
}
