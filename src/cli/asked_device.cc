#include "cli/asked_device.h"

#include <fmt/format.h>

#include <algorithm>

#include "analyze/analysis.h"

namespace inferometer::cli {

bool AskedDevice::Wants(const std::string& id, const std::string& name) {
  const auto [device, is_new] = devices_.try_emplace({id, name}, false);
  if (is_new) device->second = asked_.empty() || analyze::IsDevice(id, name, asked_);
  met_asked_ = met_asked_ || device->second;
  return device->second;
}

bool AskedDevice::WantsId(const std::string& id) const {
  if (asked_.empty() || analyze::IsDevice(id, id, asked_)) return true;
  return std::any_of(devices_.begin(), devices_.end(),
                     [&](const auto& device) { return device.first.first == id && device.second; });
}

std::string AskedDevice::NotThere() const {
  constexpr std::size_t kMostNamed = 20;
  std::string known;
  std::size_t named = 0;
  for (const auto& [device, ignored] : devices_) {
    const auto& [id, name] = device;
    if (++named > kMostNamed) break;
    known += (known.empty() ? "" : ", ") + name + (id == name ? "" : " (" + id + ")");
  }
  if (devices_.size() > kMostNamed) known += fmt::format(" and {} more", devices_.size() - kMostNamed);
  return fmt::format("no device \"{}\" there; the devices are: {}", asked_, known);
}

}  // namespace inferometer::cli
