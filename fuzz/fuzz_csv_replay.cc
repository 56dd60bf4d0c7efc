// A CSV of sensor messages, in pieces: whatever the bytes, an end; and the pieces make no difference.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>
#include <vector>

#include "telemetry/csv_replay.h"

namespace {

using namespace inferometer;
using namespace inferometer::telemetry;

struct Outcome {
  bool has_header = false;
  std::vector<SensorMessage> messages;
  std::uint64_t malformed_rows = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome Replay(std::string_view text, std::size_t piece_bytes) {
  const auto read = [text, piece_bytes](std::span<char> buffer) mutable {
    const std::size_t bytes = std::min({piece_bytes, buffer.size(), text.size()});
    std::copy_n(text.begin(), bytes, buffer.begin());
    text.remove_prefix(bytes);
    return Result<std::size_t>(bytes);
  };
  Outcome outcome;
  auto replay = CsvReplay::Create(read, "fuzz", {});
  if (!replay.ok()) return outcome;
  outcome.has_header = true;
  for (auto next = replay->Next(); next.ok() && next->has_value(); next = replay->Next()) {
    outcome.messages.push_back(**next);
  }
  outcome.malformed_rows = replay->malformed_rows();
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece_bytes = size == 0 ? 1 : 1 + data[size - 1] % 64U;
  if (!(Replay(text, size + 1) == Replay(text, piece_bytes))) std::abort();
  return 0;
}
