#include "probe/energy/battery.h"

#include <fmt/format.h>

#include <cmath>
#include <mutex>
#include <numeric>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "probe/sysfs_attribute.h"
#include "probe/sysfs_folder.h"

namespace inferometer::probe {
namespace {

using Path = std::filesystem::path;
using Seconds = std::chrono::duration<double>;

constexpr double kMjPerUwh = 3.6;
constexpr double kLeastUncertaintyMj = 7200;  // two steps of 1 mWh, what ACPI counts in
constexpr std::chrono::seconds kRefresh{60};  // firmware takes from seconds to this long
// Far above any battery; they keep the products of hostile numbers small.
constexpr std::int64_t kMostAmount = 1'000'000'000'000;  // uWh or uAh
constexpr std::int64_t kMostUv = 1'000'000'000;

Result<std::int64_t> ReadUpTo(std::int64_t most, const KeptAttribute& attribute) {
  Result<std::int64_t> value = attribute.ReadInteger();
  if (!value.ok() || (*value >= 0 && *value <= most)) return value;
  return {Code::kDataLoss, fmt::format("{}: {} is not possible", attribute.path(), *value)};
}

struct Fill {
  std::int64_t amount;  // uWh, or uAh where the cell has a voltage
  double volts;         // 1 where the amount is an energy
};

// One battery: what is in it, and in which steps it tells that.
class Cell {
 public:
  static Result<Cell> Open(const Path& folder) {
    ASSIGN_OR_RETURN(KeptAttribute status, KeptAttribute::Open(folder / "status"));
    auto energy = KeptAttribute::Open(folder / "energy_now");
    if (energy.ok()) return Make(Cell(std::move(status), std::move(energy).value(), {}), folder / "energy_full");
    if (energy.status().code() != Code::kNotFound) return energy.status();
    ASSIGN_OR_RETURN(KeptAttribute charge, KeptAttribute::Open(folder / "charge_now"));
    ASSIGN_OR_RETURN(KeptAttribute voltage, KeptAttribute::Open(folder / "voltage_now"));
    return Make(Cell(std::move(status), std::move(charge), std::move(voltage)), folder / "charge_full");
  }

  [[nodiscard]] Result<Fill> ReadFill() const {
    ASSIGN_OR_RETURN(const std::int64_t amount, ReadUpTo(kMostAmount, amount_));
    if (!voltage_.has_value()) return Fill{amount, 1};
    ASSIGN_OR_RETURN(const std::int64_t voltage_uv, ReadUpTo(kMostUv, *voltage_));
    return Fill{amount, static_cast<double>(voltage_uv) / base::kMicroPerUnit};
  }
  // What it gave since the last call; negative where it was charged.
  double TakeMj(const Fill& now) {
    const double mj = kMjPerUwh * static_cast<double>(last_.amount - now.amount) * (last_.volts + now.volts) / 2;
    last_ = now;
    step_ = std::gcd(step_, now.amount);
    return mj;
  }
  // The greatest that all values seen so far are multiples of.
  [[nodiscard]] double StepMj() const { return kMjPerUwh * static_cast<double>(step_) * last_.volts; }
  [[nodiscard]] const KeptAttribute& status() const { return status_; }
  [[nodiscard]] bool by_charge() const { return voltage_.has_value(); }

 private:
  Cell(KeptAttribute status, KeptAttribute amount, std::optional<KeptAttribute> voltage)
      : status_(std::move(status)), amount_(std::move(amount)), voltage_(std::move(voltage)) {}
  static Result<Cell> Make(Cell cell, const Path& full) {
    ASSIGN_OR_RETURN(cell.last_, cell.ReadFill());
    const auto full_amount = ReadSysfsInteger(full);
    const bool is_told = full_amount.ok() && *full_amount > 0;
    cell.step_ = std::gcd(cell.last_.amount, is_told ? *full_amount : 0);
    return cell;
  }

  KeptAttribute status_;
  KeptAttribute amount_;
  std::optional<KeptAttribute> voltage_;
  Fill last_{};
  std::int64_t step_ = 0;
};

class Battery final : public EnergySource {
 public:
  Battery(std::vector<Cell> cells, std::vector<KeptAttribute> supplies)
      : facts_{"battery", "system", kRefresh, false, Detail(cells)},
        cells_(std::move(cells)),
        supplies_(std::move(supplies)) {}

  [[nodiscard]] const EnergySourceFacts& facts() const override { return facts_; }
  [[nodiscard]] EnergyReading Read() override;
  [[nodiscard]] Result<Energy> Between(const EnergyReading& begin, const EnergyReading& end,
                                       std::chrono::nanoseconds duration) const override;

 private:
  static std::string Detail(const std::vector<Cell>& cells) {
    return fmt::format("{} batter{}, by {}", cells.size(), cells.size() == 1 ? "y" : "ies",
                       cells.front().by_charge() ? "charge and voltage" : "energy");
  }
  [[nodiscard]] Status ReadAndBook();            // REQUIRES: mutex_
  [[nodiscard]] Status WhyNotOnBattery() const;  // REQUIRES: mutex_

  const EnergySourceFacts facts_;
  mutable std::mutex mutex_;
  // All below under mutex_.
  std::vector<Cell> cells_;
  std::vector<KeptAttribute> supplies_;  // their `online`
  EnergyReading total_;
  Status last_disturbance_;
};

EnergyReading Battery::Read() {
  const std::lock_guard lock(mutex_);
  Status read = ReadAndBook();
  EnergyReading reading = total_;
  reading.ok = read.ok();
  if (read.ok()) return reading;
  reading.disturbances = ++total_.disturbances;
  last_disturbance_ = std::move(read);
  return reading;
}

// What a cell gave is booked also where it charges, so that the next window begins at what is in it then.
Status Battery::ReadAndBook() {
  for (Cell& cell : cells_) {
    ASSIGN_OR_RETURN(const Fill fill, cell.ReadFill());
    total_.total_mj += cell.TakeMj(fill);
  }
  return WhyNotOnBattery();
}

Status Battery::WhyNotOnBattery() const {
  for (const KeptAttribute& online : supplies_) {
    ASSIGN_OR_RETURN(const std::int64_t is_online, online.ReadInteger());
    if (is_online != 0) return {Code::kUnavailable, "the machine is on external power"};
  }
  bool discharges = false;
  for (const Cell& cell : cells_) {
    char buffer[32];
    ASSIGN_OR_RETURN(const std::string_view status, cell.status().ReadText(buffer));
    if (status == "Charging") return {Code::kUnavailable, "the battery is charging"};
    discharges = discharges || status == "Discharging";
  }
  return discharges ? Ok() : Status(Code::kUnavailable, "the battery is not discharging");
}

Result<Energy> Battery::Between(const EnergyReading& begin, const EnergyReading& end,
                                std::chrono::nanoseconds duration) const {
  const std::lock_guard lock(mutex_);
  if (duration < kLeastBatteryWindow) {
    return {Code::kUnavailable, fmt::format("the window is shorter than {} s", kLeastBatteryWindow.count())};
  }
  if (!WindowIsWhole(begin, end)) return last_disturbance_;
  const double mj = end.total_mj - begin.total_mj;
  if (mj <= 0) return {Code::kUnavailable, "the battery gave nothing that it counts"};
  double steps_mj = 0;
  for (const Cell& cell : cells_) steps_mj += cell.StepMj();
  const double late_mj = 2 * mj / Seconds(duration).count() * Seconds(kRefresh).count() / std::sqrt(6.0);
  return Energy{mj, kLeastUncertaintyMj + 2 * steps_mj + late_mj};
}

bool Says(const Path& path, std::string_view text) {
  const auto label = ReadSysfsLabel(path);
  return label.ok() && *label == text;
}

bool IsBattery(const Path& supply) {
  return Says(supply / "type", "Battery") && !Says(supply / "scope", "Device") && !Says(supply / "present", "0");
}

bool IsExternal(const Path& supply) {
  return Says(supply / "type", "Mains") || Says(supply / "type", "USB") || Says(supply / "type", "Wireless");
}

}  // namespace

Result<std::unique_ptr<EnergySource>> OpenBattery(const EnergyRoots& roots) {
  const Path below = roots.sysfs / "class/power_supply";
  std::vector<Cell> cells;
  std::vector<KeptAttribute> supplies;
  for (const Path& supply : ListFolder(below)) {
    if (IsBattery(supply)) {
      ASSIGN_OR_RETURN(Cell cell, Cell::Open(supply));
      cells.push_back(std::move(cell));
    } else if (IsExternal(supply)) {
      ASSIGN_OR_RETURN(KeptAttribute online, KeptAttribute::Open(supply / "online"));
      supplies.push_back(std::move(online));
    }
  }
  if (cells.empty()) return {Code::kNotFound, "no battery in " + below.string()};
  return std::unique_ptr<EnergySource>(new Battery(std::move(cells), std::move(supplies)));
}

}  // namespace inferometer::probe
