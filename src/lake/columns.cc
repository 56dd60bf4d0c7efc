#include "lake/columns.h"

#include <fmt/format.h>

#include <numeric>

#include "lake/database.h"
#include "record/context_fields.h"
#include "record/fields.h"

namespace inferometer::lake {
namespace {

constexpr int kDecimalDigits = 18;  // the most that fit into 8 bytes

std::string SqlTypeOf(const record::Field& field) {
  switch (field.type()) {
    case record::FieldType::kTime: return "TIMESTAMPTZ";
    case record::FieldType::kText: return "VARCHAR";
    case record::FieldType::kReal: return fmt::format("DECIMAL({},{})", kDecimalDigits, field.decimals);
    case record::FieldType::kInteger: return "BIGINT";
    case record::FieldType::kBoolean: return "BOOLEAN";
    case record::FieldType::kTextList: return "VARCHAR[]";
  }
  return "";
}

std::string SqlTypeOf(record::ContextType type) {
  switch (type) {
    case record::ContextType::kText: return "VARCHAR";
    case record::ContextType::kInteger: return "BIGINT";
    case record::ContextType::kReal: return "DOUBLE";
  }
  return "";
}

std::vector<Column> MakeColumns() {
  std::vector<Column> columns = {{"device_name", "VARCHAR", ColumnKind::kDeviceName}};
  const auto fields = record::Fields();
  for (std::size_t i = 0; i < fields.size(); ++i) {
    columns.push_back({std::string(fields[i].name), SqlTypeOf(fields[i]), ColumnKind::kField, i});
  }
  columns.push_back({"other_fields", "VARCHAR", ColumnKind::kOtherFields});
  columns.push_back({"unrounded", "VARCHAR", ColumnKind::kUnrounded});
  const auto context = record::ContextFields();
  for (std::size_t i = 0; i < context.size(); ++i) {
    columns.push_back({std::string(context[i].name), SqlTypeOf(context[i].type), ColumnKind::kContext, i});
  }
  columns.push_back({"other_context", "VARCHAR", ColumnKind::kOtherContext});
  return columns;
}

}  // namespace

std::span<const Column> Columns() {
  static const std::vector<Column> columns = MakeColumns();
  return columns;
}

std::vector<std::size_t> AllPlaces() {
  std::vector<std::size_t> all(Columns().size());
  std::iota(all.begin(), all.end(), std::size_t{0});
  return all;
}

bool IsReal(const Column& column) {
  return column.kind == ColumnKind::kField && record::Fields()[column.index].type() == record::FieldType::kReal;
}

std::string SqlTypeIn(const Column& column, Reals reals) {
  return reals == Reals::kDouble && IsReal(column) ? "DOUBLE" : column.sql_type;
}

std::string ColumnDefinitions(std::span<const std::size_t> places, Reals reals) {
  std::string sql;
  for (const std::size_t place : places) {
    const Column& column = Columns()[place];
    sql += (sql.empty() ? "" : ", ") + SqlName(column.name) + " " + SqlTypeIn(column, reals);
  }
  return sql;
}

}  // namespace inferometer::lake
