#include "analyze/lake_rows.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "analyze/row_builder.h"
#include "analyze/wanted_fields.h"
#include "lake/field_scan.h"
#include "lake/unrounded.h"
#include "record/fields.h"

namespace inferometer::analyze {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kShortRun = 8;  // rows; fewer are taken one by one

// The columns that are read, by place: the folder's name, the wanted fields in table order, and the exact values.
class ScanPlan {
 public:
  // Ids and times are the most of what a file holds; they are read only where they have to tell records apart.
  explicit ScanPlan(bool with_identity) : names_{"device_name"} {
    const auto fields = record::Fields();
    for (std::size_t i = 0; i < fields.size(); ++i) {
      const auto wanted = WantedAt(i);
      if (!wanted || (!with_identity && IsIdentity(wanted->role))) continue;
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
  static bool IsIdentity(Role role) { return role == Role::kRecordId || role == Role::kTimestamp; }
  std::vector<std::string_view> names_;
  std::vector<QuantityColumn> quantities_;
  std::array<std::size_t, kRoles> places_{};
  std::size_t unrounded_ = 0;
};

const ScanPlan& Plan(bool with_identity) {
  static const ScanPlan with(true);
  static const ScanPlan without(false);
  return with_identity ? with : without;
}

// Turns rows into samples, and finds their groups.
class RowsReader {
 public:
  RowsReader(std::map<GroupKey, Columns>& groups, const FingerprintSet* seen)
      : groups_(groups), seen_(seen), plan_(Plan(seen != nullptr)) {}

  Status Take(const lake::ScanChunk& chunk) {
    chunk_ = &chunk;
    count_known_ = 0;
    for (std::size_t begin = 0; begin < chunk.rows;) {
      const std::size_t end = EndOfGroup(begin);
      FindGroup(begin);
      if (!TakeRun(begin, end)) RETURN_IF_ERROR(TakeRows(begin, end));
      begin = end;
    }
    return Ok();
  }

 private:
  static constexpr std::array kGroupRoles = {Role::kDeviceId,     Role::kModelName,   Role::kComputeDevice,
                                             Role::kEnergySource, Role::kEnergyScope, Role::kStatus};

  [[nodiscard]] const lake::ColumnView& At(Role role) const { return chunk_->columns[plan_.PlaceOf(role)]; }
  [[nodiscard]] const lake::ColumnView& device_name() const { return chunk_->columns[0]; }

  Status Fill(std::size_t row, Sample& sample) const {
    for (const auto& [place, quantity, is_integer] : plan_.quantities()) {
      const lake::ColumnView& column = chunk_->columns[place];
      if (!column.Has(row)) continue;
      sample.Set(quantity, is_integer ? static_cast<double>(column.Integer(row)) : column.Real(row));
    }
    const lake::ColumnView& unrounded = chunk_->columns[plan_.unrounded()];
    if (!unrounded.Has(row)) return Ok();
    return lake::ForEachUnrounded(unrounded.Text(row), [&](std::size_t field, double value) {
      const auto wanted = WantedAt(field);
      if (wanted && wanted->role == Role::kQuantity) sample.Set(wanted->quantity, value);
    });
  }

  // Up to where the rows are of the group of `begin`.
  [[nodiscard]] std::size_t EndOfGroup(std::size_t begin) const {
    std::size_t end = device_name().EndOfSameText(begin, chunk_->rows);
    for (const Role role : kGroupRoles) end = At(role).EndOfSameText(begin, end);
    const lake::ColumnView& energy = chunk_->columns[energy_place_];
    if (energy.HasAll(begin, end)) return end;
    std::size_t same = begin + 1;
    while (same < end && energy.Has(same) == energy.Has(begin)) ++same;
    return same;
  }

  // All rows at once; false, and nothing is taken, where they are not alike or are to be looked at one by one.
  bool TakeRun(std::size_t begin, std::size_t end) {
    if (seen_ != nullptr || has_failed_ || end - begin < kShortRun) return false;
    if (!chunk_->columns[plan_.unrounded()].HasNone(begin, end)) return false;
    SampleRun run;
    run.records = end - begin;
    for (const auto& [place, quantity, is_integer] : plan_.quantities()) {
      const lake::ColumnView& column = chunk_->columns[place];
      if (column.HasNone(begin, end)) continue;
      if (!column.HasAll(begin, end)) return false;
      std::vector<double>& values = values_[static_cast<std::size_t>(quantity)];
      values.resize(run.records);
      is_integer ? column.Integers(begin, end, values.data()) : column.Reals(begin, end, values.data());
      run.values[static_cast<std::size_t>(quantity)] = values.data();
    }
    columns_->AddRun(run);
    return true;
  }

  Status TakeRows(std::size_t begin, std::size_t end) {
    for (std::size_t row = begin; row < end; ++row) {
      Sample sample;
      RETURN_IF_ERROR(Fill(row, sample));
      sample.failed = has_failed_;
      if (seen_ == nullptr || !seen_->Contains(FingerprintOf(row, sample))) columns_->Add(sample);
    }
    return Ok();
  }

  // Models may take turns from row to row: the latest groups of the chunk are known by a row of each.
  void FindGroup(std::size_t row) {
    const std::size_t count = std::min(count_known_, known_.size());
    for (std::size_t i = 0; i < count; ++i) {
      if (IsOfSameGroup(known_[i].row, row)) return Use(known_[i]);
    }
    Known& one = known_[count_known_++ % known_.size()];
    one.row = row;
    LookUp(row, one);
    Use(one);
  }

  struct Known {
    std::size_t row = 0;
    Columns* columns = nullptr;
    bool has_failed = false;
    Hasher hasher;
  };

  [[nodiscard]] bool IsOfSameGroup(std::size_t a, std::size_t b) const {
    const lake::ColumnView& energy = chunk_->columns[energy_place_];
    return energy.Has(a) == energy.Has(b) && device_name().IsSameText(a, b) &&
           std::all_of(kGroupRoles.begin(), kGroupRoles.end(), [&](Role role) { return At(role).IsSameText(a, b); });
  }

  void LookUp(std::size_t row, Known& known) {
    texts_.Clear();
    for (const Role role : kGroupRoles) {
      if (At(role).Has(row)) texts_.Set(role, At(role).Text(row));
    }
    const auto name = device_name().Has(row) ? std::optional(device_name().Text(row)) : std::nullopt;
    const GroupKey key = texts_.KeyOf(name, chunk_->columns[energy_place_].Has(row));
    known.columns = &groups_[key];
    known.has_failed = texts_.failed();
    if (seen_ != nullptr) known.hasher = HasherOf(key);
  }

  void Use(const Known& known) {
    columns_ = known.columns;
    has_failed_ = known.has_failed;
    hasher_ = known.hasher;
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
  const ScanPlan& plan_;
  const lake::ScanChunk* chunk_ = nullptr;
  const std::size_t energy_place_ =
      std::find_if(plan_.quantities().begin(), plan_.quantities().end(),
                   [](const auto& column) { return column.quantity == Quantity::kEnergyMj; }) -> place;
  RecordTexts texts_;
  bool has_failed_ = false;
  std::array<std::vector<double>, kQuantities> values_;  // of one run
  std::array<Known, 8> known_;
  std::size_t count_known_ = 0;
  Hasher hasher_;
  Columns* columns_ = nullptr;
};

}  // namespace

Status LakeRows::Read(std::span<const fs::path> files, const FingerprintSet* seen, std::map<GroupKey, Columns>& groups,
                      const std::function<void(std::size_t)>& on_rows) {
  std::optional<lake::FieldScan>& scan = seen != nullptr ? with_identity_ : without_;
  if (!scan) {
    ASSIGN_OR_RETURN(lake::FieldScan opened, lake::FieldScan::Open(Plan(seen != nullptr).names()));
    scan.emplace(std::move(opened));
  }
  scan->Start(files);
  RowsReader reader(groups, seen);
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<lake::ScanChunk> chunk, scan->Next());
    if (!chunk) return Ok();
    RETURN_IF_ERROR(reader.Take(*chunk));
    on_rows(chunk->rows);
  }
}

}  // namespace inferometer::analyze
