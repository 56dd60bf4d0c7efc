#pragma once
// The pause between two runs: until the machine is as cool as it was.

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>

#include "base/clock.h"

namespace inferometer::trial {

struct CoolDownOptions {
  std::chrono::nanoseconds delay{0};                           // always, first
  double within_celsius = 2;                                   // of the start
  std::chrono::nanoseconds at_most = std::chrono::minutes(2);  // beyond the delay
};

// One thread at a time. The clock must outlive it.
class CoolDown {
 public:
  // `celsius` gives nothing where no temperature is measured: then the delay is all. `wait` passes the given time and
  // says whether to go on.
  CoolDown(CoolDownOptions options, std::function<std::optional<double>()> celsius, const base::Clock& clock,
           std::function<bool(std::chrono::nanoseconds)> wait);

  // The temperature now is what every pause waits for.
  void Start();
  // False where the wait was broken off.
  [[nodiscard]] bool Rest();

  [[nodiscard]] std::optional<double> start_celsius() const { return start_; }
  // Pauses that ended at the bound, with the machine still warmer.
  [[nodiscard]] std::size_t cut_short() const { return cut_short_; }

 private:
  [[nodiscard]] bool IsCool() const;

  CoolDownOptions options_;
  std::function<std::optional<double>()> celsius_;
  const base::Clock& clock_;
  std::function<bool(std::chrono::nanoseconds)> wait_;
  std::optional<double> start_;
  std::size_t cut_short_ = 0;
};

}  // namespace inferometer::trial
