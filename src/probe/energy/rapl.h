#pragma once
// Energy by the processor's own counters (RAPL, through Linux powercap), over one scope that counts nothing twice.

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "probe/energy/energy_counter.h"
#include "probe/energy/energy_roots.h"
#include "probe/energy/energy_source.h"

namespace inferometer::probe {

// Scope: "psys" where the platform's counter exists and is believable (moves, and not by less than the packages), else
// "package+dram" or "package". While it lives, a thread reads each counter often enough that no wrap is missed.
// Thread-safe.
class Rapl final : public EnergySource {
 public:
  // kNotFound where the machine has no such counter; kPermissionDenied with the command that allows reading; kDataLoss
  // and others where a counter cannot be used.
  [[nodiscard]] static Result<std::unique_ptr<EnergySource>> Open(const EnergyRoots& roots);
  ~Rapl() override;
  Rapl(const Rapl&) = delete;
  Rapl& operator=(const Rapl&) = delete;

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  // Reads all counters of the scope.
  [[nodiscard]] EnergyReading Read() override;
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override;

 private:
  using Counters = std::vector<std::unique_ptr<EnergyCounter>>;
  Rapl(Counters counters, std::string scope);
  [[nodiscard]] Status WhyNotWhole() const;
  void KeepAlive(const std::stop_token& stop);

  const Counters counters_;
  const EnergySourceFacts facts_;
  std::mutex sleep_mutex_;
  std::condition_variable_any sleep_;  // under sleep_mutex_; nobody rings, a stop does
  std::jthread keep_alive_;            // last: stops before the counters go
};

// How often a counter of this range must be read, at 500 W, so that no wrap is missed; at most 30 s.
[[nodiscard]] std::chrono::milliseconds KeepAliveInterval(std::uint64_t range_uj);

}  // namespace inferometer::probe
