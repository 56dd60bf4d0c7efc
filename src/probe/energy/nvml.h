#pragma once
// The energy of NVIDIA's GPUs, all of them together. Not of a Jetson's, whose rails are an INA3221's.

#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"
#include "probe/energy/nvml_driver.h"
#include "probe/energy/power_gauge.h"

namespace inferometer::probe {

// Name "nvml", scope "gpu". The energy counters where every GPU has one (Volta and newer), else the power of this
// moment, else the mean power that the driver shows. kNotFound without library, driver or GPU; kUnavailable with the
// driver's words where it does not work or a GPU tells nothing. Takes up to 300 ms, to see how often the counters move.
[[nodiscard]] Result<std::unique_ptr<EnergySource>> OpenNvml(const EnergyRoots& roots);

// The counters, in mJ since the driver was loaded. They never wrap: one that is lower than before means that the driver
// was reloaded, which is a disturbance, as a failed read is. Thread-safe; a reading may take some ms.
class NvmlCounter final : public EnergySource {
 public:
  // kNotFound where a GPU has no counter. `clock` must outlive it.
  [[nodiscard]] static Result<std::unique_ptr<EnergySource>> Make(std::shared_ptr<const NvmlDriver> driver,
                                                                  const base::Clock* clock);

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Read() override;
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override;

 private:
  NvmlCounter(std::shared_ptr<const NvmlDriver> driver, const base::Clock* clock,
              const std::vector<std::uint64_t>& last_mj, std::chrono::nanoseconds step);
  void Book(std::size_t gpu, std::uint64_t mj, std::chrono::nanoseconds now);  // REQUIRES: mutex_
  void Disturb(Status why);                                                    // REQUIRES: mutex_

  const std::shared_ptr<const NvmlDriver> driver_;
  const base::Clock* const clock_;
  const EnergySourceFacts facts_;

  mutable std::mutex mutex_;
  // All below under mutex_.
  struct Booked {
    std::uint64_t mj;
    std::chrono::nanoseconds at;
  };
  std::vector<Booked> last_;  // of each GPU
  EnergyReading total_;
  Status last_disturbance_;
};

// The sum of the GPUs' powers.
class NvmlGauge final : public PowerGauge {
 public:
  // Of this moment where every GPU tells it, else the mean. kNotFound where one tells neither.
  [[nodiscard]] static Result<std::unique_ptr<PowerGauge>> Make(std::shared_ptr<const NvmlDriver> driver);

  [[nodiscard]] const PowerGaugeFacts& facts() const override { return facts_; }
  [[nodiscard]] Result<double> ReadWatts() override { return Sum(); }

 private:
  using ReadPower = Result<double> (NvmlDriver::*)(const NvmlGpu&) const;
  NvmlGauge(std::shared_ptr<const NvmlDriver> driver, ReadPower read, PowerGaugeFacts facts);
  [[nodiscard]] Result<double> Sum() const;

  const std::shared_ptr<const NvmlDriver> driver_;
  const ReadPower read_;
  const PowerGaugeFacts facts_;
};

// Looks at the counters, for 300 ms at most, and tells how long the slowest of them stands still between two steps: 10
// to 100 ms; 100 ms where it was not seen to move twice.
[[nodiscard]] std::chrono::nanoseconds MeasureCounterStep(const NvmlDriver& driver, const base::Clock& clock);

}  // namespace inferometer::probe
