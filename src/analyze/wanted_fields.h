#pragma once
// Which fields of the table the analysis reads, and what each is to it.

#include <cstddef>
#include <cstdint>
#include <optional>

#include "analyze/sample.h"

namespace inferometer::analyze {

enum class Role : std::uint8_t {
  kTimestamp,
  kRecordId,
  kDeviceId,
  kModelName,
  kComputeDevice,
  kEnergySource,
  kEnergyScope,
  kStatus,
  kQuantity,
};
inline constexpr std::size_t kRoles = 9;

struct WantedField {
  Role role;
  Quantity quantity{};  // where the role is kQuantity
};

// By index into record::Fields(); nothing for a field that the analysis passes over. Safe from any thread.
[[nodiscard]] std::optional<WantedField> WantedAt(std::size_t field);

}  // namespace inferometer::analyze
