#include "analyze/lake_groups.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string_view>
#include <thread>

#include "analyze/row_builder.h"
#include "analyze/wanted_fields.h"
#include "lake/field_scan.h"
#include "lake/unrounded.h"
#include "record/fields.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kFilesAUnit = 32;  // what one thread reads at a time

// The columns that are read, by place: the folder's name, the wanted fields in table order, and the exact values.
class ScanPlan {
 public:
  ScanPlan() : names_{"device_name"} {
    const auto fields = record::Fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto wanted = WantedAt(i);
      if (!wanted) continue;
      const std::size_t place = names_.size();
      names_.push_back(fields[i].name);
      if (wanted->role == Role::kQuantity) {
        quantities_.push_back({place, wanted->quantity, fields[i].type() == record::FieldType::kInteger});
      } else {
        places_[static_cast<std::size_t>(wanted->role)] = place;
      }
    }
    unrounded_ = names_.size();
    names_.push_back("unrounded");
  }
  struct QuantityColumn {
    std::size_t place;
    Quantity quantity;
    bool is_integer;
  };
  [[nodiscard]] std::span<const std::string_view> names() const { return names_; }
  [[nodiscard]] std::span<const QuantityColumn> quantities() const { return quantities_; }
  [[nodiscard]] std::size_t PlaceOf(Role role) const { return places_[static_cast<std::size_t>(role)]; }
  [[nodiscard]] std::size_t unrounded() const { return unrounded_; }

 private:
  std::vector<std::string_view> names_;
  std::vector<QuantityColumn> quantities_;
  std::array<std::size_t, kRoles> places_{};
  std::size_t unrounded_ = 0;
};

const ScanPlan& Plan() {
  static const ScanPlan plan;
  return plan;
}

// Turns rows into samples, and finds their groups.
class RowsReader {
 public:
  RowsReader(std::map<GroupKey, Columns>& groups, const FingerprintSet* seen) : groups_(groups), seen_(seen) {}

  Status Take(const lake::ScanChunk& chunk) {
    chunk_ = &chunk;
    for (std::size_t row = 0; row < chunk.rows; ++row) {
      Sample sample;
      RETURN_IF_ERROR(Fill(row, sample));
      if (row == 0 || !IsOfSameGroup(row)) FindGroup(row, sample.Has(Quantity::kEnergyMj));
      sample.failed = has_status_ && At(Role::kStatus).Text(row) == kStatusError;
      if (seen_ == nullptr || !seen_->Contains(FingerprintOf(row, sample))) columns_->Add(sample);
    }
    return Ok();
  }

 private:
  static constexpr std::array kGroupRoles = {Role::kDeviceId,     Role::kModelName,   Role::kComputeDevice,
                                             Role::kEnergySource, Role::kEnergyScope, Role::kStatus};

  [[nodiscard]] const lake::ColumnView& At(Role role) const { return chunk_->columns[Plan().PlaceOf(role)]; }
  [[nodiscard]] const lake::ColumnView& device_name() const { return chunk_->columns[0]; }

  Status Fill(std::size_t row, Sample& sample) const {
    for (const auto& [place, quantity, is_integer] : Plan().quantities()) {
      const lake::ColumnView& column = chunk_->columns[place];
      if (!column.Has(row)) continue;
      sample.Set(quantity, is_integer ? static_cast<double>(column.Integer(row)) : column.Real(row));
    }
    const lake::ColumnView& unrounded = chunk_->columns[Plan().unrounded()];
    if (!unrounded.Has(row)) return Ok();
    return lake::ForEachUnrounded(unrounded.Text(row), [&](std::size_t field, double value) {
      const auto wanted = WantedAt(field);
      if (wanted && wanted->role == Role::kQuantity) sample.Set(wanted->quantity, value);
    });
  }

  // Whether the row's texts are surely those of the row before.
  [[nodiscard]] bool IsOfSameGroup(std::size_t row) const {
    const auto is_same = [&](const lake::ColumnView& column) {
      return column.Has(row) == column.Has(row - 1) && (!column.Has(row) || column.IsSameSlot(row, row - 1));
    };
    const bool has_energy = chunk_->columns[energy_place_].Has(row);
    return has_energy == chunk_->columns[energy_place_].Has(row - 1) && is_same(device_name()) &&
           std::all_of(kGroupRoles.begin(), kGroupRoles.end(), [&](Role role) { return is_same(At(role)); });
  }

  void FindGroup(std::size_t row, bool has_energy) {
    texts_.Clear();
    for (const Role role : kGroupRoles) {
      if (At(role).Has(row)) texts_.Set(role, At(role).Text(row));
    }
    has_status_ = At(Role::kStatus).Has(row);
    key_ = texts_.KeyOf(device_name().Has(row) ? std::optional(device_name().Text(row)) : std::nullopt, has_energy);
    columns_ = &groups_[key_];
    if (seen_ != nullptr) hasher_ = HasherOf(key_);
  }

  [[nodiscard]] Fingerprint FingerprintOf(std::size_t row, const Sample& sample) const {
    const lake::ColumnView& id = At(Role::kRecordId);
    if (id.Has(row)) return FingerprintOfId(id.Text(row));
    const lake::ColumnView& time = At(Role::kTimestamp);
    return FingerprintOfValues(hasher_, WallTime(std::chrono::microseconds(time.Has(row) ? time.Integer(row) : 0)),
                               sample);
  }

  std::map<GroupKey, Columns>& groups_;
  const FingerprintSet* seen_;  // nothing: no record was seen elsewhere
  const lake::ScanChunk* chunk_ = nullptr;
  const std::size_t energy_place_ =
      std::find_if(Plan().quantities().begin(), Plan().quantities().end(),
                   [](const auto& column) { return column.quantity == Quantity::kEnergyMj; }) -> place;
  RecordTexts texts_;
  bool has_status_ = false;
  GroupKey key_;
  Hasher hasher_;
  Columns* columns_ = nullptr;
};

Status ReadInto(std::span<const fs::path> files, const FingerprintSet* seen, std::map<GroupKey, Columns>& groups) {
  ASSIGN_OR_RETURN(lake::FieldScan scan, lake::FieldScan::Open(files, Plan().names()));
  RowsReader reader(groups, seen);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<lake::ScanChunk> chunk, scan.Next());
    if (!chunk) return Ok();
    RETURN_IF_ERROR(reader.Take(*chunk));
  }
}

// What one unit of files gave.
struct Outcome {
  std::map<GroupKey, Columns> groups;
  std::vector<Damage> damaged;
};

void Append(std::map<GroupKey, Columns>& from, std::map<GroupKey, Columns>& to) {
  for (auto& [key, columns] : from) to[key].Append(columns);
}

// All files at once; when one of them is damaged, one by one.
Outcome ReadUnit(std::span<const fs::path> files, const FingerprintSet* seen) {
  Outcome outcome;
  if (ReadInto(files, seen, outcome.groups).ok()) return outcome;
  outcome.groups.clear();
  for (const fs::path& file : files) {
    std::map<GroupKey, Columns> groups;
    const Status status = ReadInto({&file, 1}, seen, groups);
    if (status.ok()) {
      Append(groups, outcome.groups);
    } else {
      outcome.damaged.push_back({file.string(), std::nullopt, status.message()});
    }
  }
  return outcome;
}

struct Unit {
  std::vector<fs::path> files;
  bool may_be_seen;
};

std::vector<Unit> UnitsOf(std::span<const LakeFile> files) {
  std::vector<Unit> units;
  for (const LakeFile& file : files) {
    if (units.empty() || units.back().files.size() == kFilesAUnit || units.back().may_be_seen != file.may_be_seen) {
      units.push_back({{}, file.may_be_seen});
    }
    units.back().files.push_back(file.path);
  }
  return units;
}

}  // namespace

std::size_t AddLakeFiles(std::span<const LakeFile> files, const FingerprintSet& seen, unsigned threads,
                         std::map<GroupKey, Columns>& groups, std::vector<Damage>& damaged,
                         const std::function<void()>& on_file) {
  const std::vector<Unit> units = UnitsOf(files);
  std::vector<Outcome> outcomes(units.size());
  std::atomic<std::size_t> next = 0;
  std::mutex mutex;  // for on_file
  const auto work = [&] {
    for (std::size_t i = next++; i < units.size(); i = next++) {
      outcomes[i] = ReadUnit(units[i].files, units[i].may_be_seen ? &seen : nullptr);
      const std::lock_guard lock(mutex);
      for (std::size_t done = 0; done < units[i].files.size(); ++done) on_file();
    }
  };
  {
    std::vector<std::jthread> helpers;
    for (unsigned i = 1; i < threads && i < units.size(); ++i) helpers.emplace_back(work);
    work();
  }
  std::size_t count_damaged = 0;
  for (Outcome& outcome : outcomes) {  // in the files' order, whoever read them
    Append(outcome.groups, groups);
    outcome.groups.clear();
    count_damaged += outcome.damaged.size();
    damaged.insert(damaged.end(), outcome.damaged.begin(), outcome.damaged.end());
  }
  return files.size() - count_damaged;
}

}  // namespace inferometer::analyze
