// A meter's stream, in pieces: whatever the bytes, no sample that is none, never a negative energy, and the pieces make
// no difference.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "probe/energy/external_meter.h"
#include "probe/manual_clock.h"

namespace {

using namespace inferometer;
using namespace inferometer::probe;

std::vector<std::string> Lines(std::string_view text, std::size_t piece_bytes) {
  MeterLines lines;
  std::vector<std::string> taken;
  while (!text.empty()) {
    lines.Feed(text.substr(0, piece_bytes), [&](std::string_view line) { taken.emplace_back(line); });
    text.remove_prefix(std::min(piece_bytes, text.size()));
  }
  return taken;
}

void Parse(std::string_view line) {
  const auto sample = ParseMeterLine(line);
  if (!sample.ok() && sample.status().offset_bytes().value_or(line.size() + 1) > line.size()) std::abort();
  if (!sample.ok() || !sample->has_value()) return;
  if ((*sample)->stamp.count() < 0) std::abort();
  if (!((*sample)->watts >= 0 && (*sample)->watts <= kMostMeterWatts)) std::abort();
}

// Half of the bytes before a window, half of them in it.
void Measure(std::string_view text) {
  ManualClock clock;
  ExternalMeter meter("meter", 0.02, &clock);
  meter.Feed("header\n1,5\n1.1,5\n");
  if (!meter.Settle().ok()) std::abort();
  const std::string_view first = text.substr(0, text.size() / 2);
  meter.Feed(first);
  const EnergyReading begin = meter.Begin();
  clock.Advance(std::chrono::milliseconds(700));
  meter.Feed(text.substr(first.size()));
  const EnergyReading end = meter.Read();
  const auto energy = meter.Between(begin, end, end.at - begin.at);
  if (energy.ok() && !(energy->mj > 0 && std::isfinite(energy->uncertainty_mj))) std::abort();
  static_cast<void>(meter.Sampling(begin, end));
  meter.Lose({Code::kUnavailable, "lost"});
  if (meter.Read().ok) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t piece_bytes = size == 0 ? 1 : 1 + data[size - 1] % 64U;
  const std::vector<std::string> lines = Lines(text, size + 1);
  if (lines != Lines(text, piece_bytes)) std::abort();
  for (const std::string& line : lines) Parse(line);
  Measure(text);
  return 0;
}
