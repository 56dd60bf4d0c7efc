#include "analyze/group_index.h"

namespace inferometer::analyze {

bool IsOfSameModel(const GroupKey& a, const GroupKey& b) {
  return a.device_id == b.device_id && a.device_name == b.device_name && a.model_name == b.model_name;
}

bool TakesEnergyless(const GroupKey& kind, const GroupKey& energyless) {
  if (!kind.energy_source) return false;
  return !energyless.compute_device || energyless.compute_device == kind.compute_device;
}

GroupIndex::GroupIndex(std::span<const Group> groups) {
  for (std::size_t i = 0; i < groups.size(); ++i) places_.emplace(groups[i].key, i);
}

std::optional<std::size_t> GroupIndex::Of(const GroupKey& key) const {
  if (const auto found = places_.find(key); found != places_.end()) return found->second;
  if (key.energy_source) return std::nullopt;
  // The keys of one device and model stand together, from the one without anything else on.
  GroupKey first = key;
  first.compute_device.reset();
  std::optional<std::size_t> only;
  for (auto at = places_.lower_bound(first); at != places_.end() && IsOfSameModel(at->first, key); ++at) {
    if (!TakesEnergyless(at->first, key)) continue;
    if (only) return std::nullopt;
    only = at->second;
  }
  return only;
}

}  // namespace inferometer::analyze
