#include "probe/energy/rapl.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <limits>
#include <utility>

#include "base/units.h"
#include "os/process.h"
#include "probe/energy/rapl_zones.h"

namespace inferometer::probe {
namespace {

using base::kUjPerMj;
using Counters = std::vector<std::unique_ptr<EnergyCounter>>;
using Seconds = std::chrono::duration<double>;

constexpr std::chrono::milliseconds kUpdateStep{1};
constexpr double kSystematicShare = 0.05;
// A platform that draws less than its packages is not believed; the steps of both leave a little room.
constexpr double kLeastPlatformShare = 0.95;

CounterReading ReadAll(const Counters& counters) {
  CounterReading sum;
  for (const auto& counter : counters) {
    const CounterReading reading = counter->Update();
    sum.total_uj += reading.total_uj;
    sum.disturbances += reading.disturbances;
    sum.ok = sum.ok && reading.ok;
  }
  return sum;
}

// What lets this user's group read the counters until the next boot; only root may since CVE-2020-8694.
Status WithNextStep(const Status& denied, const std::filesystem::path& sysfs) {
  const std::string files = (sysfs / "class/powercap/*/energy_uj").string();
  return {denied.code(), fmt::format("may not read the counters; allow it: sudo chgrp {0} {1}; sudo chmod 440 {1}",
                                     os::GroupId(), files)};
}

Result<Counters> OpenAll(const std::vector<RaplZone>& zones, bool (RaplZone::*wanted)() const,
                         const EnergyRoots& roots) {
  Counters counters;
  for (const RaplZone& zone : zones) {
    if (!(zone.*wanted)()) continue;
    auto counter = EnergyCounter::Open(zone.folder / "energy_uj", zone.limits, roots.clock);
    if (counter.status().code() == Code::kPermissionDenied) return WithNextStep(counter.status(), roots.sysfs);
    if (!counter.ok()) return counter.status();
    counters.push_back(std::move(counter).value());
  }
  return counters;
}

// For what improves the scope but is not needed.
Counters OpenAllOrNone(const std::vector<RaplZone>& zones, bool (RaplZone::*wanted)() const, const EnergyRoots& roots) {
  auto counters = OpenAll(zones, wanted, roots);
  if (!counters.ok()) return {};
  return std::move(counters).value();
}

bool PlatformIsBelievable(const Counters& platform, const Counters& packages, const std::function<void()>& pause) {
  const CounterReading platform_begin = ReadAll(platform);
  const CounterReading packages_begin = ReadAll(packages);
  pause();
  const CounterReading packages_end = ReadAll(packages);
  const CounterReading platform_end = ReadAll(platform);
  if (!WindowIsWhole(platform_begin, platform_end) || !WindowIsWhole(packages_begin, packages_end)) return false;
  const auto drawn = static_cast<double>(platform_end.total_uj - platform_begin.total_uj);
  return drawn > 0 &&
         drawn >= kLeastPlatformShare * static_cast<double>(packages_end.total_uj - packages_begin.total_uj);
}

}  // namespace

std::chrono::milliseconds KeepAliveInterval(std::uint64_t range_uj) {
  constexpr std::uint64_t kUjPerMillisecond = 2'000'000;  // a quarter of the range at 500 W
  constexpr std::uint64_t kLongestMs = 30'000;
  return std::chrono::milliseconds(std::clamp<std::uint64_t>(range_uj / kUjPerMillisecond, 1, kLongestMs));
}

Result<std::unique_ptr<EnergySource>> Rapl::Open(const EnergyRoots& roots) {
  const std::vector<RaplZone> zones = FindRaplZones(roots.sysfs);
  ASSIGN_OR_RETURN(Counters packages, OpenAll(zones, &RaplZone::IsPackage, roots));
  Counters platform = OpenAllOrNone(zones, &RaplZone::IsWholePlatform, roots);
  if (!platform.empty() && PlatformIsBelievable(platform, packages, roots.pause)) {
    return std::unique_ptr<EnergySource>(new Rapl(std::move(platform), "psys"));
  }
  if (packages.empty()) return {Code::kNotFound, "no counter in " + (roots.sysfs / "class/powercap").string()};
  Counters dram = OpenAllOrNone(zones, &RaplZone::IsDram, roots);
  if (dram.empty()) return std::unique_ptr<EnergySource>(new Rapl(std::move(packages), "package"));
  std::move(dram.begin(), dram.end(), std::back_inserter(packages));
  return std::unique_ptr<EnergySource>(new Rapl(std::move(packages), "package+dram"));
}

Rapl::Rapl(Counters counters, std::string scope)
    : counters_(std::move(counters)), facts_{"rapl", std::move(scope), kUpdateStep, false, ""} {
  const os::SignalsBlocked blocked;
  keep_alive_ = std::jthread([this](const std::stop_token& stop) { KeepAlive(stop); });
}

Rapl::~Rapl() = default;

EnergyReading Rapl::Read() {
  const CounterReading sum = ReadAll(counters_);
  EnergyReading reading;
  reading.total_mj = static_cast<double>(sum.total_uj) / kUjPerMj;
  reading.disturbances = sum.disturbances;
  reading.ok = sum.ok;
  return reading;
}

Result<Energy> Rapl::Between(const EnergyReading& begin, const EnergyReading& end,
                             std::chrono::nanoseconds duration) const {
  if (!WindowIsWhole(begin, end)) return WhyNotWhole();
  const double mj = end.total_mj - begin.total_mj;
  if (mj <= 0) return {Code::kUnavailable, "the counter did not move: the window is shorter than its step"};
  // Each of the two readings is late by up to one step; the rest is what the counter itself is off by.
  const double step_mj = 2.0 * mj / Seconds(duration).count() * Seconds(kUpdateStep).count() / std::sqrt(6.0);
  return Energy{mj, step_mj + kSystematicShare * mj};
}

Status Rapl::WhyNotWhole() const {
  Disturbance latest{{Code::kInternal, "a counter was disturbed"}, std::chrono::nanoseconds::min()};
  for (const auto& counter : counters_) {
    Disturbance disturbance = counter->last_disturbance();
    if (!disturbance.why.ok() && disturbance.at > latest.at) latest = std::move(disturbance);
  }
  return latest.why;
}

void Rapl::KeepAlive(const std::stop_token& stop) {
  auto interval = KeepAliveInterval(std::numeric_limits<std::uint64_t>::max());
  for (const auto& counter : counters_) interval = std::min(interval, KeepAliveInterval(counter->range_uj()));
  std::unique_lock lock(sleep_mutex_);
  while (!sleep_.wait_for(lock, stop, interval, [&] { return stop.stop_requested(); })) {
    static_cast<void>(ReadAll(counters_));  // a failure is kept by the counter and shows in the windows
  }
}

}  // namespace inferometer::probe
