#include "analyze/wanted_fields.h"

#include <string_view>
#include <vector>

#include "record/fields.h"

namespace inferometer::analyze {
namespace {

struct NamedField {
  std::string_view name;
  WantedField wanted;
};

constexpr NamedField kWanted[] = {
    {"timestamp", {Role::kTimestamp}},
    {"record_id", {Role::kRecordId}},
    {"device_id", {Role::kDeviceId}},
    {"model_name", {Role::kModelName}},
    {"compute_device", {Role::kComputeDevice}},
    {"energy_source", {Role::kEnergySource}},
    {"energy_scope", {Role::kEnergyScope}},
    {"status", {Role::kStatus}},
    {"inference_time_ms", {Role::kQuantity, Quantity::kInferenceTimeMs}},
    {"memory_used_mb", {Role::kQuantity, Quantity::kMemoryUsedMb}},
    {"cpu_percent_avg", {Role::kQuantity, Quantity::kCpuPercent}},
    {"energy_consumed_mj", {Role::kQuantity, Quantity::kEnergyMj}},
    {"energy_uncertainty_mj", {Role::kQuantity, Quantity::kEnergyUncertaintyMj}},
    {"time_to_first_token_ms", {Role::kQuantity, Quantity::kTimeToFirstTokenMs}},
    {"decode_ms", {Role::kQuantity, Quantity::kDecodeMs}},
    {"generated_tokens", {Role::kQuantity, Quantity::kGeneratedTokens}},
    {"tokens_per_second", {Role::kQuantity, Quantity::kTokensPerSecond}},
};

std::vector<std::optional<WantedField>> MakeTable() {
  std::vector<std::optional<WantedField>> table(record::Fields().size());
  for (const NamedField& field : kWanted) table[record::FieldIndex(field.name)] = field.wanted;
  return table;
}

}  // namespace

std::optional<WantedField> WantedAt(std::size_t field) {
  static const std::vector<std::optional<WantedField>> table = MakeTable();
  return table[field];
}

}  // namespace inferometer::analyze
