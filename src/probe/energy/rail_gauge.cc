#include "probe/energy/rail_gauge.h"

#include <fmt/format.h>

#include <utility>

#include "base/units.h"

namespace inferometer::probe {
namespace {

using base::kMicroPerUnit;

// Far above any machine; they keep the products of hostile numbers small.
constexpr std::int64_t kMostMv = 1'000'000;
constexpr std::int64_t kMostMa = 10'000'000;
constexpr std::int64_t kMostUw = 1'000'000'000'000;

}  // namespace

Result<RailGauge::Rail> RailGauge::OpenRail(const RailFiles& files) {
  Rail rail{{}, files.least_ma};
  for (const auto* path : {&files.power_uw, &files.voltage_mv, &files.current_ma}) {
    if (path->empty()) continue;
    ASSIGN_OR_RETURN(KeptAttribute attribute, KeptAttribute::Open(*path));
    rail.attributes.push_back(std::move(attribute));
    if (path == &files.power_uw) break;
  }
  return rail;
}

Result<std::unique_ptr<PowerGauge>> RailGauge::Open(PowerGaugeFacts facts, const std::vector<RailFiles>& rails) {
  std::vector<Rail> opened;
  for (const RailFiles& files : rails) {
    ASSIGN_OR_RETURN(Rail rail, OpenRail(files));
    opened.push_back(std::move(rail));
  }
  std::unique_ptr<PowerGauge> gauge(new RailGauge(std::move(facts), std::move(opened)));
  const auto watts = gauge->ReadWatts();
  if (!watts.ok()) return watts.status();
  return gauge;
}

RailGauge::RailGauge(PowerGaugeFacts facts, std::vector<Rail> rails)
    : facts_(std::move(facts)), rails_(std::move(rails)) {}

Result<double> RailGauge::ReadWatts() {
  const std::lock_guard lock(mutex_);
  double watts = 0;
  for (const Rail& rail : rails_) {
    ASSIGN_OR_RETURN(const double rail_watts, ReadRailWatts(rail));
    watts += rail_watts;
  }
  if (watts >= 0) return watts;
  return {Code::kDataLoss, fmt::format("{}: {:.3f} W is no power", rails_.front().attributes.back().path(), watts)};
}

Result<std::int64_t> RailGauge::Read(const KeptAttribute& attribute, std::int64_t least, std::int64_t most) {
  Result<std::int64_t> value = attribute.ReadInteger();
  if (!value.ok() || (*value >= least && *value <= most)) return value;
  return {Code::kDataLoss, fmt::format("{}: {} is not possible", attribute.path(), *value)};
}

Result<double> RailGauge::ReadRailWatts(const Rail& rail) {
  if (rail.attributes.size() == 1) {
    ASSIGN_OR_RETURN(const std::int64_t power_uw, Read(rail.attributes[0], 0, kMostUw));
    return static_cast<double>(power_uw) / kMicroPerUnit;
  }
  ASSIGN_OR_RETURN(const std::int64_t voltage_mv, Read(rail.attributes[0], 0, kMostMv));
  ASSIGN_OR_RETURN(const std::int64_t current_ma, Read(rail.attributes[1], rail.least_ma, kMostMa));
  return static_cast<double>(voltage_mv) * static_cast<double>(current_ma) / kMicroPerUnit;
}

}  // namespace inferometer::probe
