#pragma once
// Putting one record together from its fields.

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "analyze/file_records.h"
#include "analyze/wanted_fields.h"
#include "inferometer/record.h"

namespace inferometer::analyze {

// The texts that decide a record's group, and what follows from them. Empty where the record does not have them.
class RecordTexts {
 public:
  void Set(Role role, std::string_view text) {
    auto& slot = texts_[static_cast<std::size_t>(role)];
    slot.present = true;
    slot.text.assign(text);
  }
  // Keeps the memory for the next record.
  void Clear() {
    for (auto& slot : texts_) slot.present = false;
  }
  [[nodiscard]] bool Has(Role role) const { return texts_[static_cast<std::size_t>(role)].present; }
  [[nodiscard]] std::string_view Get(Role role) const {
    return Has(role) ? std::string_view(texts_[static_cast<std::size_t>(role)].text) : std::string_view();
  }
  [[nodiscard]] bool failed() const { return Get(Role::kStatus) == kStatusError; }

  // `folder_name` is the folder the file stands in; without one the device's id serves.
  [[nodiscard]] GroupKey KeyOf(std::optional<std::string_view> folder_name, bool has_energy) const;

 private:
  struct Slot {
    bool present = false;
    std::string text;
  };
  std::array<Slot, kRoles> texts_;
};

// A copy of one record's fields that the analysis wants. Reused from record to record.
struct RecordParts {
  RecordTexts texts;
  WallTime timestamp;
  Sample sample;
  void Clear() {
    texts.Clear();
    sample = Sample();
  }
};

// REQUIRES: the record has what every record must have.
void AddRow(const RecordParts& parts, std::optional<std::string_view> folder_name, FileRecords& records);

// The parts of a record that was read whole.
[[nodiscard]] RecordParts PartsOf(const InferenceRecord& record);

// The same fingerprint as the statistics use, so that all who tell records apart by it count the same ones.
[[nodiscard]] Fingerprint FingerprintOfRecord(const InferenceRecord& record);

}  // namespace inferometer::analyze
