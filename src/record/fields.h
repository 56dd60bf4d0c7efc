#pragma once
// What a record is: the one table from which JSON, CSV and docs/fields.md are made. A new field is one member of
// InferenceRecord and one row here.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "inferometer/record.h"

namespace inferometer::record {

using TimeMember = std::optional<WallTime> InferenceRecord::*;
using TextMember = std::optional<std::string> InferenceRecord::*;
using RealMember = std::optional<double> InferenceRecord::*;
using IntegerMember = std::optional<std::int64_t> InferenceRecord::*;
using BooleanMember = std::optional<bool> InferenceRecord::*;
using TextListMember = std::vector<std::string> InferenceRecord::*;
// The alternatives' order is that of FieldType.
using Member = std::variant<TimeMember, TextMember, RealMember, IntegerMember, BooleanMember, TextListMember>;

enum class FieldType { kTime, kText, kReal, kInteger, kBoolean, kTextList };

struct Field {
  std::string_view name;     // in JSON, CSV, Parquet; the unit is its last part
  std::string_view group;    // heading in docs/fields.md
  std::string_view unit;     // empty where there is none
  std::string_view meaning;  // one sentence, for docs/fields.md
  Member member;
  int decimals = 0;   // of a real, as written
  double lowest = 0;  // smallest and largest value that a reader believes, for reals and integers
  double highest = 1e15;

  [[nodiscard]] FieldType type() const { return static_cast<FieldType>(member.index()); }
};

// A name that readers also take for a field of reals: `value * factor` is what the field holds. The field's own name
// wins.
struct Alias {
  std::string_view name;
  std::string_view field;
  double factor;
};

// No table has more; what readers keep per field is of this size.
inline constexpr std::size_t kMostFields = 128;

// In the order in which they are written. Constant; lives for the whole program.
[[nodiscard]] std::span<const Field> Fields();
[[nodiscard]] std::span<const Alias> Aliases();

// Where a name leads: the index into Fields(), and what to multiply by when the name is an alias.
struct NameMatch {
  std::size_t field;
  std::optional<double> alias_factor;
};
// Constant time. Safe from any thread.
[[nodiscard]] std::optional<NameMatch> FindName(std::string_view name);
// REQUIRES: a name of the table.
[[nodiscard]] std::size_t FieldIndex(std::string_view name);

// Rounds each real to the decimals it is written with, so that what is computed from the record equals what is computed
// from the file. Values that are not finite become absent.
void RoundAsWritten(InferenceRecord& record);

// `value` with at most `decimals` decimals.
[[nodiscard]] double Rounded(double value, int decimals);

// The text of docs/fields.md.
[[nodiscard]] std::string FieldsAsMarkdown();

}  // namespace inferometer::record
