#pragma once
// Which group of an analysis a record counts in.

#include <cstddef>
#include <map>
#include <optional>
#include <span>

#include "analyze/analysis.h"
#include "analyze/sample.h"

namespace inferometer::analyze {

[[nodiscard]] bool IsOfSameModel(const GroupKey& a, const GroupKey& b);
// Whether records with the key `energyless` may stand beside the energies of `kind`, of the same device and model.
[[nodiscard]] bool TakesEnergyless(const GroupKey& kind, const GroupKey& energyless);

// Finds groups as Analyze makes them: records without an energy belong to the group whose energies are of the one kind
// that there is. Copyable value; reading it is safe from any thread.
class GroupIndex {
 public:
  explicit GroupIndex(std::span<const Group> groups);

  // The place in the groups it was made of; nothing when none of them counts such records. `key` is of the record.
  [[nodiscard]] std::optional<std::size_t> Of(const GroupKey& key) const;

 private:
  std::map<GroupKey, std::size_t> places_;
};

}  // namespace inferometer::analyze
