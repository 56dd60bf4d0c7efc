#include "probe/machine_cpu.h"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

namespace inferometer::probe {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr std::size_t kFirstLineBytes = 512;
constexpr double kCoarsestPercent = 5.0;
// The values of the line: user nice system idle iowait irq softirq steal guest guest_nice.
constexpr std::size_t kLeastValues = 4;
constexpr std::size_t kValues = 8;
constexpr std::size_t kIdle = 3;
constexpr std::size_t kIoWait = 4;
constexpr std::size_t kSteal = 7;

Status Bad(std::string_view what, std::size_t at) {
  return Status(Code::kDataLoss, "/proc/stat: byte " + std::to_string(at) + ": " + std::string(what)).At(at);
}

}  // namespace

Result<MachineCpuReading> ParseMachineCpu(std::string_view text) {
  constexpr std::string_view kKey = "cpu ";
  if (!text.starts_with(kKey)) return Bad("not the line of all CPUs", 0);
  const std::string_view line = text.substr(0, text.find('\n'));
  std::uint64_t values[kValues] = {};
  std::size_t count = 0;
  std::size_t at = kKey.size();
  while (count < kValues) {
    at = std::min(line.find_first_not_of(' ', at), line.size());
    if (at == line.size()) break;
    const auto [end, error] = std::from_chars(line.data() + at, line.data() + line.size(), values[count]);
    if (error != std::errc()) return Bad("not a number of ticks", at);
    at = static_cast<std::size_t>(end - line.data());
    ++count;
  }
  if (count < kLeastValues) return Bad("the line is cut off", line.size());
  MachineCpuReading reading{0, values[kSteal]};
  for (std::size_t i = 0; i < kSteal; ++i) {
    if (i != kIdle && i != kIoWait) reading.busy_ticks += values[i];
  }
  return reading;
}

MachineCpu::MachineCpu(const std::filesystem::path& procfs) {
  auto stat = os::KeptFile::Open(procfs / "stat");
  if (stat.ok()) stat_ = std::move(stat).value();
}

std::optional<MachineCpuReading> MachineCpu::Read() const {
  if (!stat_.has_value()) return std::nullopt;
  char buffer[kFirstLineBytes];
  const auto text = stat_->Read(buffer);
  if (!text.ok()) return std::nullopt;
  const auto reading = ParseMachineCpu(*text);
  if (!reading.ok()) return std::nullopt;
  return *reading;
}

std::optional<double> BackgroundPercent(const MachineCpuReading& begin, const MachineCpuReading& end,
                                        std::chrono::nanoseconds own_cpu_time, std::chrono::nanoseconds duration,
                                        unsigned cpus) {
  const double all_seconds = Seconds(duration).count() * cpus;
  const double tick_seconds = Seconds(kTick).count();
  if (all_seconds <= 0 || end.busy_ticks < begin.busy_ticks) return std::nullopt;
  // Each CPU's tick may fall on either side of each end of the window.
  if (100 * 2 * tick_seconds * cpus / all_seconds > kCoarsestPercent) return std::nullopt;
  const double busy_seconds = static_cast<double>(end.busy_ticks - begin.busy_ticks) * tick_seconds;
  return std::clamp(100 * (busy_seconds - Seconds(own_cpu_time).count()) / all_seconds, 0.0, 100.0);
}

}  // namespace inferometer::probe
