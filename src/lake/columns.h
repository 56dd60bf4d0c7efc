#pragma once
// The columns of a lake's files: docs/lake.md lists them. All are made from the table of fields and that of the
// context, with the names and units there. A real is a DECIMAL with the field's digits, which holds what was written to
// the digit in a third of the room that a double takes.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace inferometer::lake {

enum class ColumnKind : std::uint8_t {
  kDeviceName,
  kField,         // `index` into record::Fields()
  kOtherFields,   // JSON: keys that the table of fields does not know
  kUnrounded,     // JSON: reals that were written with more digits than their column holds; they count
  kContext,       // `index` into record::ContextFields()
  kOtherContext,  // JSON: the context's other entries
};

struct Column {
  std::string name;
  std::string sql_type;
  ColumnKind kind;
  std::size_t index = 0;
};

// How a table of DuckDB holds reals.
enum class Reals : std::uint8_t {
  kDecimal,  // as the lake's files do; what has more digits stands in `unrounded`, too
  kDouble,   // to the last bit; nothing stands in `unrounded`
};

// In the order of the files. Constant; lives for the whole program.
[[nodiscard]] std::span<const Column> Columns();

// 0, 1, ... of all columns.
[[nodiscard]] std::vector<std::size_t> AllPlaces();

[[nodiscard]] bool IsReal(const Column& column);
[[nodiscard]] std::string SqlTypeIn(const Column& column, Reals reals);

// "name type, ..." of the columns at `places`, for CREATE TABLE.
[[nodiscard]] std::string ColumnDefinitions(std::span<const std::size_t> places = AllPlaces(),
                                            Reals reals = Reals::kDecimal);

}  // namespace inferometer::lake
