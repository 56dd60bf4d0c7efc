#pragma once
// One energy counter that only grows, wraps at its range, and may fail, jump or vanish.

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::probe {

struct CounterLimits {
  std::uint64_t range_uj;  // where it wraps, > 0
  double most_watts;       // the domain cannot draw more
  // False: where it wraps is not told, so that a decrease (a wrap or a reset) is a disturbance. `range_uj` is not used.
  bool range_is_known = true;
};

// What the counter has added up since it was opened. Two readings make a window; see WindowIsWhole.
struct CounterReading {
  std::uint64_t total_uj = 0;
  std::uint64_t disturbances = 0;  // failed reads and jumps so far
  bool ok = true;                  // the counter was read
};

struct Disturbance {
  Status why;
  std::chrono::nanoseconds at{};  // steady clock
};

// Whether all energy between the two readings was counted, and nothing else.
[[nodiscard]] inline bool WindowIsWhole(const CounterReading& begin, const CounterReading& end) {
  return begin.ok && end.ok && begin.disturbances == end.disturbances;
}

// The one accumulator of a counter: whoever reads, the keep-alive tick too, reads through Update, so that a wrap is
// counted once and by all. A read that fails changes the total by nothing; a jump that the domain cannot have drawn (a
// reset counter looks like a wrap) adds nothing; both are disturbances. `clock` must outlive the counter. Thread-safe.
class EnergyCounter {
 public:
  // Opens and reads it once. kPermissionDenied, kNotFound, kDataLoss with the path.
  [[nodiscard]] static Result<std::unique_ptr<EnergyCounter>> Open(const std::filesystem::path& path,
                                                                   CounterLimits limits, const base::Clock* clock);

  [[nodiscard]] CounterReading Update();
  // `why` is Ok before the first.
  [[nodiscard]] Disturbance last_disturbance() const;
  [[nodiscard]] std::uint64_t range_uj() const { return limits_.range_uj; }

 private:
  EnergyCounter(os::KeptFile file, std::string path, CounterLimits limits, const base::Clock* clock);
  [[nodiscard]] Result<std::uint64_t> ReadRaw() const;
  [[nodiscard]] Status ReadAndBook();                             // REQUIRES: mutex_
  void Book(std::uint64_t raw_uj, std::chrono::nanoseconds now);  // REQUIRES: mutex_
  void Disturb(Status why);                                       // REQUIRES: mutex_

  const os::KeptFile file_;
  const std::string path_;
  const CounterLimits limits_;
  const base::Clock* const clock_;

  mutable std::mutex mutex_;
  // All below under mutex_.
  std::uint64_t last_uj_ = 0;
  std::chrono::nanoseconds read_at_{};
  std::uint64_t total_uj_ = 0;
  std::uint64_t disturbances_ = 0;
  Disturbance last_disturbance_;
};

}  // namespace inferometer::probe
