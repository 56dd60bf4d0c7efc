#pragma once
// How warm the machine was in a window, whether it throttled, and how fast its CPUs ran.

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "os/mailbox.h"
#include "probe/heat/cpu_frequency.h"
#include "probe/heat/heat_part.h"
#include "probe/heat/thermal_zone.h"
#include "probe/heat/throttle_watch.h"

namespace inferometer::probe {

struct HeatRoots {
  std::filesystem::path sysfs = "/sys";
  const base::Clock* clock = nullptr;  // must outlive Heat
  // The Raspberry Pi firmware's mailbox: as in EnergyRoots.
  std::vector<std::filesystem::path> mailboxes = {"/dev/vcio_gencmd", "/dev/vcio"};
  std::shared_ptr<os::FirmwareMailbox> mailbox = nullptr;
};

// What a window's heat was. Absent is what no source of this machine tells.
struct HeatAnswer {
  std::optional<double> start_celsius;
  std::optional<double> most_celsius;
  std::string temperature_source;               // the sensor's name; empty without a temperature
  std::optional<bool> throttled;                // absent, never false, where nothing tells
  std::vector<std::string> reasons;             // see the field throttle_reasons
  std::optional<std::int64_t> throttle_events;  // where a counter tells
  std::optional<double> cpu_mhz;
  std::string frequency_source;  // empty without cpu_mhz
};

// Of the window that the last LookAtBegin opened, as far as it was looked at.
struct TemperatureReading {
  std::optional<double> celsius;  // of the last look; absent where it failed
  std::optional<double> first_celsius;
  std::optional<double> most_celsius;
};

class TemperatureWatch final : public HeatPart {
 public:
  TemperatureWatch(ThermalZone zone, const base::Clock* clock) : HeatPart(clock), zone_(std::move(zone)) {}

  [[nodiscard]] const std::string& name() const { return zone_.name(); }
  void Forget();  // before a window
  [[nodiscard]] TemperatureReading Reading() const;

 private:
  void Look(std::chrono::nanoseconds now, bool anew) override;

  const ThermalZone zone_;
  mutable std::mutex mutex_;
  TemperatureReading reading_;  // under mutex_
};

inline constexpr std::size_t kMostThrottleSources = 5;

// Only two readings of one Heat mean anything, together.
struct HeatReading {
  std::chrono::nanoseconds at{};  // steady clock
  TemperatureReading temperature;
  FrequencyReading frequency;
  std::array<ThrottleReading, kMostThrottleSources> throttle;  // in the order of the sources
};

struct HeatPartFacts {
  std::string name;                       // as the record's field has it
  std::chrono::nanoseconds look_time{};   // the quickest of some warm looks
  bool is_slow = false;                   // only the sampler looks: see HeatPart
  ThrottleSourceFacts throttle_source{};  // of a source of throttling
};

// What this machine tells.
struct HeatFacts {
  std::optional<HeatPartFacts> temperature;  // absent: none
  std::optional<HeatPartFacts> frequency;    // absent: none
  std::vector<HeatPartFacts> throttle;       // in the order of HeatReading::throttle; empty: throttling is not known
  // Of a Raspberry Pi's firmware: Ok, kNotFound on other machines, kPermissionDenied with the next step.
  Status firmware;
};

// Thread-safe. Readings allocate nothing while they succeed. Where windows overlap, the highest temperature is that
// since the later one began, and of both ends.
class Heat {
 public:
  // Opens what the machine has; what cannot be read is left out. Looks at each sensor some times, to know its price.
  explicit Heat(const HeatRoots& roots);
  Heat(const Heat&) = delete;
  Heat& operator=(const Heat&) = delete;

  [[nodiscard]] HeatFacts Facts() const;

  // Before the work and after it. A part that takes longer than HeatPart::kMostLookTime is not looked at here.
  [[nodiscard]] HeatReading Begin();
  [[nodiscard]] HeatReading Read();

  // Between them, by the Sampler (kHeatPlan): the highest temperature, throttling that does not last, frequencies.
  void Sample();
  [[nodiscard]] bool NeedsSampling() const;

  // `throttled` is true where any source saw it; false where a source that knows of heat saw the whole window, and no
  // source failed in it.
  [[nodiscard]] HeatAnswer Between(const HeatReading& begin, const HeatReading& end) const;

 private:
  void Add(Result<std::unique_ptr<ThrottleSource>> source);
  template <typename F>
  void ForEachPart(const F& f);
  [[nodiscard]] HeatReading Reading() const;
  void AnswerTemperature(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const;
  void AnswerThrottling(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const;
  void AnswerFrequency(const HeatReading& begin, const HeatReading& end, HeatAnswer& answer) const;

  const base::Clock* const clock_;
  Status firmware_;
  std::unique_ptr<TemperatureWatch> temperature_;           // null: none
  std::unique_ptr<FrequencyWatch> frequency_;               // null: none
  std::vector<std::unique_ptr<ThrottleWatch>> throttling_;  // at most kMostThrottleSources
};

}  // namespace inferometer::probe
