#pragma once
// For tests: a /sys with batteries and supplies.

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "os/temporary_folder.h"

namespace inferometer::probe {

class FakeBattery {
 public:
  [[nodiscard]] const std::filesystem::path& sysfs() const { return folder_.path(); }
  [[nodiscard]] std::filesystem::path Folder(std::string_view supply) const {
    return sysfs() / "class/power_supply" / supply;
  }
  void Put(std::string_view supply, std::string_view attribute, std::string_view text) const {
    folder_.Put((Folder(supply) / attribute).string(), std::string(text) + "\n");
  }
  // A battery that discharges.
  void Add(std::string_view supply, std::int64_t energy_uwh) const {
    Put(supply, "type", "Battery");
    Put(supply, "status", "Discharging");
    Put(supply, "energy_full", "50000000");
    SetEnergy(supply, energy_uwh);
  }
  // One that counts charge.
  void AddByCharge(std::string_view supply, std::int64_t charge_uah, std::int64_t voltage_uv) const {
    Put(supply, "type", "Battery");
    Put(supply, "status", "Discharging");
    Put(supply, "charge_now", std::to_string(charge_uah));
    Put(supply, "voltage_now", std::to_string(voltage_uv));
  }
  void AddMains(std::string_view supply, bool online) const {
    Put(supply, "type", "Mains");
    Put(supply, "online", online ? "1" : "0");
  }
  void SetEnergy(std::string_view supply, std::int64_t energy_uwh) const {
    Put(supply, "energy_now", std::to_string(energy_uwh));
  }

 private:
  os::TemporaryFolder folder_;
};

}  // namespace inferometer::probe
