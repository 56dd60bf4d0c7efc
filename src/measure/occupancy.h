#pragma once
// Whether an inference had the process for itself.

#include <cstdint>
#include <mutex>

namespace inferometer::measure {

// Counts the inferences under way. CPU, memory and energy belong to the whole process, so what overlaps cannot be told
// apart. Thread-safe.
class Occupancy {
 public:
  // The one of this process, which all recorders share. Lives for the whole program.
  [[nodiscard]] static Occupancy& OfProcess();

  struct Stay {
    bool joined_others;           // somebody was there already
    std::uint64_t overlaps_seen;  // joins upon others until and with this one
  };
  [[nodiscard]] Stay Enter();
  // True when nobody else was there at any time of the stay. Each Enter is followed by one Leave.
  [[nodiscard]] bool LeaveAlone(const Stay& stay);

 private:
  std::mutex mutex_;
  // Below under mutex_.
  int inside_ = 0;
  std::uint64_t overlaps_ = 0;  // how often somebody entered while others were inside
};

}  // namespace inferometer::measure
