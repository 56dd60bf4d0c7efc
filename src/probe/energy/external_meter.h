#pragma once
// A power meter of another program or machine, which sends lines "time, watts": a USB meter at the board's plug, a
// meter at the wall.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"
#include "probe/energy/meter_alignment.h"
#include "probe/energy/meter_line.h"
#include "probe/energy/meter_reader.h"
#include "probe/energy/meter_samples.h"

namespace inferometer::probe {

// Name "external", scope "system". kNotFound where roots name none; else a Status that names the path and what to do
// where it cannot be opened, sends nothing for 3 s, or nothing that can be used. Takes 0.2 s or longer, until five
// samples are there.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenExternalMeter(const EnergyRoots& roots);

// Readings only note the moment; Between evaluates the integral there, so that what arrives after a reading (see
// AwaitNews) makes it better. Until a later sample has come, the last one stands for the time since; a window of which
// no sample has come is refused, and so is one with a gap longer than MostGap.
//
// The first line of a stream is passed over: it may be a header, or the rest of a line. Later lines that are no sample,
// whose time is not later than the line before, or ahead of the clock, are refused: each is a missing sample, which
// shows as a gap. From the second in a hundred lines on, each is a disturbance, too: then the stream is not what we
// take it for. After ten in a row that do not follow in time, and after the stream was lost, all begins anew, clock
// alignment included; that is a disturbance.
//
// Thread-safe, but for Feed, Lose and Settle.
class ExternalMeter final : public EnergySource {
 public:
  // `name` is for messages: the path. `clock` must outlive it.
  ExternalMeter(std::string name, double relative_uncertainty, const base::Clock* clock);
  ~ExternalMeter() override;
  ExternalMeter(const ExternalMeter&) = delete;
  ExternalMeter& operator=(const ExternalMeter&) = delete;

  // Bytes of the stream that came now; from one thread at a time.
  void Feed(std::string_view bytes);
  // The stream ended. As Feed.
  void Lose(Status why);
  // Follows a stream, with a thread, until destruction; instead of Feed and Lose. Once.
  [[nodiscard]] Status Follow(const std::filesystem::path& path);
  // Waits for the first samples.
  void AwaitFirstSamples();
  // Decides on the clock and the resolution; afterwards it can be read. kUnavailable where fewer than two samples came;
  // kInvalidArgument where all lines were refused, with the last one's fault.
  [[nodiscard]] Status Settle();

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Begin() override;
  [[nodiscard]] EnergyReading Read() override;
  // The uncertainty joins what GaugeUncertaintyMj does (with the alignment for the age of the values) and, where a
  // sample stood for the time after it, that time times the range of all powers so far.
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override;
  [[nodiscard]] SamplingFacts Sampling(const EnergyReading& begin, const EnergyReading& end) const override;
  void AwaitNews(std::chrono::milliseconds at_most) override;

  // Lines that were refused so far.
  [[nodiscard]] std::uint64_t refused_lines() const;

 private:
  struct Window;
  void TakeLine(std::string_view line, const Arrival& arrival);
  void Accept(const MeterSample& sample, const Arrival& arrival);                               // REQUIRES: mutex_
  void Refuse(const Status& why);                                                               // REQUIRES: mutex_
  void RefuseTime(std::string why);                                                             // REQUIRES: mutex_
  void BeginAnew(Status why);                                                                   // REQUIRES: mutex_
  void Disturb(Status why);                                                                     // REQUIRES: mutex_
  [[nodiscard]] EnergyReading ReadingAt(std::chrono::nanoseconds now) const;                    // as above
  [[nodiscard]] Status WhyNotWhole() const;                                                     // as above
  [[nodiscard]] Window WindowOf(const EnergyReading& begin, const EnergyReading& end) const;    // as above
  [[nodiscard]] MeterEdge EdgeOf(const EnergyReading& reading, MeterSamples::Side side) const;  // as above
  [[nodiscard]] double UncertaintyMj(double mj, const Window& window, std::chrono::nanoseconds duration) const;  // too

  const std::string name_;
  const double relative_uncertainty_;
  const base::Clock* const clock_;
  EnergySourceFacts facts_;  // constant after Settle

  MeterLines lines_;           // the feeding thread's
  bool at_first_line_ = true;  // the feeding thread's

  mutable std::mutex mutex_;
  std::condition_variable news_;  // rung after each sample
  // All below under mutex_.
  std::optional<MeterSamples> samples_;
  MeterAlignment alignment_;
  bool settled_ = false;
  std::uint64_t line_number_ = 0;
  std::uint64_t refused_ = 0;
  unsigned lines_in_hundred_ = 0;
  unsigned refused_in_hundred_ = 0;
  unsigned out_of_time_in_a_row_ = 0;
  std::uint64_t disturbances_ = 0;
  Status last_disturbance_;
  Status last_refusal_;

  std::unique_ptr<MeterReader> reader_;  // last: its thread ends before the rest goes
};

}  // namespace inferometer::probe
