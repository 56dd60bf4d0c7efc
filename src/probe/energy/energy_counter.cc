#include "probe/energy/energy_counter.h"

#include <utility>

#include "base/units.h"
#include "probe/energy/energy_source.h"
#include "probe/sysfs_attribute.h"

namespace inferometer::probe {
namespace {

using base::kMicroPerUnit;
using Seconds = std::chrono::duration<double>;

// The counter moves in steps, so that a step may appear in a window that is shorter. 1 ms usually, more when idle.
constexpr Seconds kLongestStep = std::chrono::milliseconds(10);

}  // namespace

Result<std::unique_ptr<EnergyCounter>> EnergyCounter::Open(const std::filesystem::path& path, CounterLimits limits,
                                                           const base::Clock* clock) {
  if (limits.range_is_known && limits.range_uj == 0)
    return {Code::kDataLoss, path.string() + ": its range is not known"};
  ASSIGN_OR_RETURN(os::KeptFile file, os::KeptFile::Open(path));
  std::unique_ptr<EnergyCounter> counter(new EnergyCounter(std::move(file), path.string(), limits, clock));
  ASSIGN_OR_RETURN(counter->last_uj_, counter->ReadRaw());
  counter->read_at_ = clock->Steady();
  return counter;
}

EnergyCounter::EnergyCounter(os::KeptFile file, std::string path, CounterLimits limits, const base::Clock* clock)
    : file_(std::move(file)), path_(std::move(path)), limits_(limits), clock_(clock) {}

CounterReading EnergyCounter::Update() {
  const std::lock_guard lock(mutex_);
  Status read = ReadAndBook();
  const bool ok = read.ok();
  if (!ok) Disturb(std::move(read));
  return {total_uj_, disturbances_, ok};
}

Status EnergyCounter::ReadAndBook() {
  ASSIGN_OR_RETURN(const std::uint64_t raw_uj, ReadRaw());
  Book(raw_uj, clock_->Steady());
  return Ok();
}

Disturbance EnergyCounter::last_disturbance() const {
  const std::lock_guard lock(mutex_);
  return last_disturbance_;
}

Result<std::uint64_t> EnergyCounter::ReadRaw() const {
  char buffer[32];
  ASSIGN_OR_RETURN(const std::string_view text, file_.Read(buffer));
  Result<std::uint64_t> raw = ParseSysfsCount(text);
  if (!raw.ok()) return {raw.status().code(), path_ + ": " + raw.status().message()};
  if (limits_.range_is_known && *raw > limits_.range_uj) return {Code::kDataLoss, path_ + ": above its own range"};
  return raw;
}

void EnergyCounter::Book(std::uint64_t raw_uj, std::chrono::nanoseconds now) {
  const bool went_back = raw_uj < last_uj_;
  const std::uint64_t added_uj = went_back ? raw_uj + (limits_.range_uj - last_uj_) : raw_uj - last_uj_;
  const Seconds elapsed = now - read_at_;
  last_uj_ = raw_uj;
  read_at_ = now;
  if (went_back && !limits_.range_is_known) {
    return Disturb({Code::kDataLoss, path_ + ": went back (reset, or a wrap of unknown width)"});
  }
  if (limits_.range_is_known &&
      elapsed.count() * limits_.most_watts * kMicroPerUnit > static_cast<double>(limits_.range_uj)) {
    return Disturb({Code::kDataLoss, path_ + ": not read for so long that it may have wrapped twice"});
  }
  const double most_uj = kMostOverdraw * limits_.most_watts * kMicroPerUnit * (elapsed + kLongestStep).count();
  if (static_cast<double>(added_uj) > most_uj) return Disturb({Code::kDataLoss, path_ + ": jumped (counter reset?)"});
  total_uj_ += added_uj;
}

void EnergyCounter::Disturb(Status why) {
  ++disturbances_;
  last_disturbance_ = {std::move(why), clock_->Steady()};
}

}  // namespace inferometer::probe
