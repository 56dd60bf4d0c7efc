#pragma once
// Made-up sensor messages that behave like those of the public data set.

#include <cstdint>
#include <random>
#include <string_view>

#include "inferometer/status.h"
#include "telemetry/sensor_message.h"

namespace inferometer::telemetry {

// Endless messages of one device, about five seconds apart. 00:0f:00:70:91:0a is cool and humid, 1c:bf:ce:15:ec:4d very
// variable, b8:27:eb:bf:9d:51 warm and dry; any other id gets one of these characters, always the same. The same id,
// seed and start give the same messages on every platform: all arithmetic is of whole numbers. Copyable; one thread.
class Generator {
 public:
  // `device_id` is taken as base::CanonicalDeviceId gives it.
  [[nodiscard]] static Result<Generator> Create(std::string_view device_id, std::uint64_t seed, WallTime start);

  [[nodiscard]] SensorMessage Next();

 private:
  // A quantity that wanders about its mean, in whole units.
  struct Wander {
    std::int64_t mean;
    std::int64_t lowest;
    std::int64_t highest;
    std::int64_t step;  // the most that it changes at random in one message
    std::int64_t value;
  };
  struct Character {
    Wander temp;      // 0.001 degrees
    Wander humidity;  // 0.001 percent
    Wander co;        // 1e-9
  };
  static Character CharacterOf(std::string_view device_id);

  Generator(std::string_view device_id, std::uint64_t seed, WallTime start);
  [[nodiscard]] std::uint64_t Below(std::uint64_t bound);
  [[nodiscard]] std::int64_t Advance(Wander& wander);

  std::string device_id_;
  Character character_;
  std::mt19937_64 random_;
  WallTime next_ts_;
  bool light_;
};

}  // namespace inferometer::telemetry
