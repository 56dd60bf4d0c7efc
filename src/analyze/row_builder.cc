#include "analyze/row_builder.h"

#include "record/fields.h"

namespace inferometer::analyze {
namespace {

// Copies one member of a record to where the analysis keeps it.
class PartCopier {
 public:
  PartCopier(const InferenceRecord& record, WantedField wanted, RecordParts& parts)
      : record_(record), wanted_(wanted), parts_(parts) {}

  void operator()(record::TimeMember member) const { parts_.timestamp = (record_.*member).value_or(WallTime()); }
  void operator()(record::TextMember member) const {
    if (const auto& text = record_.*member) parts_.texts.Set(wanted_.role, *text);
  }
  void operator()(record::RealMember member) const {
    if (const auto& value = record_.*member) parts_.sample.Set(wanted_.quantity, *value);
  }
  void operator()(record::IntegerMember member) const {
    if (const auto& value = record_.*member) parts_.sample.Set(wanted_.quantity, static_cast<double>(*value));
  }
  void operator()(record::BooleanMember) const {}
  void operator()(record::TextListMember) const {}

 private:
  const InferenceRecord& record_;
  WantedField wanted_;
  RecordParts& parts_;
};

}  // namespace

GroupKey RecordTexts::KeyOf(std::optional<std::string_view> folder_name, bool has_energy) const {
  GroupKey key;
  key.device_id = Get(Role::kDeviceId);
  key.device_name = folder_name.value_or(Get(Role::kDeviceId));
  key.model_name = Get(Role::kModelName);
  if (Has(Role::kComputeDevice)) key.compute_device = Get(Role::kComputeDevice);
  if (!has_energy) return key;
  key.energy_source = Has(Role::kEnergySource) ? Get(Role::kEnergySource) : kUnspecifiedSource;
  if (Has(Role::kEnergyScope)) key.energy_scope = Get(Role::kEnergyScope);
  return key;
}

void AddRow(const RecordParts& parts, std::optional<std::string_view> folder_name, FileRecords& records) {
  Row row;
  row.sample = parts.sample;
  row.sample.failed = parts.texts.failed();
  row.group = records.GroupOf(parts.texts.KeyOf(folder_name, parts.sample.Has(Quantity::kEnergyMj)));
  row.timestamp = parts.timestamp;
  row.has_id = parts.texts.Has(Role::kRecordId);
  if (row.has_id) row.fingerprint = FingerprintOfId(parts.texts.Get(Role::kRecordId));
  records.Add(row);
}

RecordParts PartsOf(const InferenceRecord& record) {
  RecordParts parts;
  const auto fields = record::Fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (const auto wanted = WantedAt(i)) std::visit(PartCopier(record, *wanted, parts), fields[i].member);
  }
  return parts;
}

Fingerprint FingerprintOfRecord(const InferenceRecord& record) {
  if (record.record_id) return FingerprintOfId(*record.record_id);
  RecordParts parts = PartsOf(record);
  parts.sample.failed = record.failed();
  const GroupKey key = parts.texts.KeyOf(std::nullopt, parts.sample.Has(Quantity::kEnergyMj));
  return FingerprintOfValues(HasherOf(key), parts.timestamp, parts.sample);
}

}  // namespace inferometer::analyze
