#pragma once
// How fast the CPUs ran: a mean over a window, of what the kernel counts or of samples.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/heat/heat_part.h"

namespace inferometer::probe {

// Of cpufreq/stats/time_in_state: how long a CPU has run, and the sum over its frequencies of frequency times time.
struct TimeInState {
  std::uint64_t ticks = 0;      // of 10 ms
  std::uint64_t khz_ticks = 0;  // mean frequency times `ticks`
};

// Lines of "600000 18093": kHz, ticks (kernel Documentation/cpu-freq/cpufreq-stats). kDataLoss with the byte.
[[nodiscard]] Result<TimeInState> ParseTimeInState(std::string_view text);
// The frequency in a cpufreq attribute: kHz above 0, at most 20 GHz. kDataLoss with the byte.
[[nodiscard]] Result<double> ParseMhz(std::string_view text);
// How many CPUs `related_cpus` lists: "0 1 2 3". kDataLoss with the byte.
[[nodiscard]] Result<unsigned> ParseCpuCount(std::string_view text);

// What passed between two looks.
struct FrequencyPiece {
  double mhz_seconds = 0;
  double seconds = 0;
};

// One thread at a time; looks allocate nothing while they succeed.
class FrequencySource {
 public:
  virtual ~FrequencySource() = default;
  [[nodiscard]] virtual const std::string& name() const = 0;  // as the field cpu_freq_source has it
  // Since the last look; nothing where that failed or where `anew` (see HeatPart).
  [[nodiscard]] virtual Result<FrequencyPiece> Look(std::chrono::nanoseconds now, bool anew) = 0;

 protected:
  FrequencySource() = default;
  FrequencySource(const FrequencySource&) = default;
  FrequencySource& operator=(const FrequencySource&) = default;
};

// The best of time_in_state, cpuinfo_avg_freq and scaling_cur_freq that every policy has; over the policies' CPUs, of
// the first 32 policies. kNotFound where the machine does not tell.
[[nodiscard]] Result<std::unique_ptr<FrequencySource>> OpenCpuFrequency(const std::filesystem::path& sysfs);

// Since the watch was made; only differences mean anything.
struct FrequencyReading {
  double mhz_seconds = 0;
  double seconds = 0;
  std::uint64_t failures = 0;
};

// The mean between two readings. Absent where a look failed, where less than half of the window was seen, or where it
// is shorter than the ticks.
[[nodiscard]] std::optional<double> MeanMhz(const FrequencyReading& begin, const FrequencyReading& end,
                                            std::chrono::nanoseconds duration);

class FrequencyWatch final : public HeatPart {
 public:
  FrequencyWatch(std::unique_ptr<FrequencySource> source, const base::Clock* clock)
      : HeatPart(clock), source_(std::move(source)) {}

  [[nodiscard]] const std::string& name() const { return source_->name(); }
  [[nodiscard]] FrequencyReading Reading() const;

 private:
  void Look(std::chrono::nanoseconds now, bool anew) override;

  const std::unique_ptr<FrequencySource> source_;  // looks come one at a time
  mutable std::mutex mutex_;
  FrequencyReading reading_;  // under mutex_
};

}  // namespace inferometer::probe
