#include "exchange/database_table.h"

#include <fmt/format.h>

#include <algorithm>

#include "record/fields.h"

namespace inferometer::exchange {
namespace {

ColumnType TypeOf(record::FieldType type) {
  switch (type) {
    case record::FieldType::kTime: return ColumnType::kTime;
    case record::FieldType::kText: return ColumnType::kText;
    case record::FieldType::kReal: return ColumnType::kReal;
    case record::FieldType::kInteger: return ColumnType::kInteger;
    case record::FieldType::kBoolean: return ColumnType::kBoolean;
    case record::FieldType::kTextList: return ColumnType::kTextList;
  }
  return ColumnType::kText;
}

Table MakeRecordsTable() {
  Table table{
      "records",
      {{"record_key", ColumnType::kText}, {"device_name", ColumnType::kText}, {"context_key", ColumnType::kText}}};
  for (const record::Field& field : record::Fields()) table.columns.push_back({field.name, TypeOf(field.type())});
  return table;
}

// `each(column)` for every column, joined.
template <typename Each>
std::string Joined(const Table& table, std::string_view separator, std::size_t from, Each each) {
  std::string text;
  for (std::size_t i = from; i < table.columns.size(); ++i) {
    if (!text.empty()) text += separator;
    text += each(table.columns[i]);
  }
  return text;
}

std::string_view PostgresqlType(ColumnType type) {
  switch (type) {
    case ColumnType::kText: return "text";
    case ColumnType::kReal: return "double precision";
    case ColumnType::kInteger: return "bigint";
    case ColumnType::kBoolean: return "boolean";
    case ColumnType::kTime: return "timestamp with time zone";
    case ColumnType::kTextList: return "text[]";
    case ColumnType::kJson: return "jsonb";
  }
  return "";
}

std::string_view SqliteType(ColumnType type) {
  switch (type) {
    case ColumnType::kReal: return "REAL";
    case ColumnType::kInteger: return "INTEGER";
    case ColumnType::kBoolean: return "BOOLEAN";
    default: return "TEXT";
  }
}

}  // namespace

const Table& RecordsTable() {
  static const Table table = MakeRecordsTable();
  return table;
}

const Table& ContextsTable() {
  static const Table table{"contexts", {{"context_key", ColumnType::kText}, {"context", ColumnType::kJson}}};
  return table;
}

const Table& LoadsTable() {
  static const Table table{"loads",
                           {{"load_key", ColumnType::kText},
                            {"device_name", ColumnType::kText},
                            {"timestamp", ColumnType::kTime},
                            {"device_id", ColumnType::kText},
                            {"model_name", ColumnType::kText},
                            {"load_time_seconds", ColumnType::kReal},
                            {"load", ColumnType::kJson}}};
  return table;
}

const Table& LossesTable() {
  static const Table table{"losses",
                           {{"loss_key", ColumnType::kText},
                            {"device_id", ColumnType::kText},
                            {"stream", ColumnType::kText},
                            {"first_sequence", ColumnType::kInteger},
                            {"last_sequence", ColumnType::kInteger},
                            {"count", ColumnType::kInteger},
                            {"reason", ColumnType::kText}}};
  return table;
}

std::array<const Table*, 4> AllTables() { return {&RecordsTable(), &ContextsTable(), &LoadsTable(), &LossesTable()}; }

std::string_view TypeName(ColumnType type, Dialect dialect) {
  return dialect == Dialect::kPostgresql ? PostgresqlType(type) : SqliteType(type);
}

std::string ColumnNames(const Table& table) {
  return Joined(table, ", ", 0, [](const Column& column) { return fmt::format("\"{}\"", column.name); });
}

std::string CreateTableSql(const Table& table, Dialect dialect) {
  const std::string_view key = table.columns.front().name;
  return fmt::format("CREATE TABLE IF NOT EXISTS \"{}\" ({})", table.name,
                     Joined(table, ", ", 0, [&](const Column& column) {
                       return fmt::format("\"{}\" {}{}", column.name, TypeName(column.type, dialect),
                                          column.name == key ? " NOT NULL PRIMARY KEY" : "");
                     }));
}

std::string AddColumnSql(const Table& table, const Column& column, Dialect dialect) {
  return fmt::format("ALTER TABLE \"{}\" ADD COLUMN \"{}\" {}", table.name, column.name,
                     TypeName(column.type, dialect));
}

std::string UpsertSql(const Table& table, std::string_view rows, Dialect dialect) {
  const auto set = [](const Column& column) { return fmt::format("\"{0}\" = excluded.\"{0}\"", column.name); };
  const auto ours = [&](const Column& column) { return fmt::format("\"{}\".\"{}\"", table.name, column.name); };
  const auto theirs = [](const Column& column) { return fmt::format("excluded.\"{}\"", column.name); };
  return fmt::format("INSERT INTO \"{}\" ({}) {} ON CONFLICT (\"{}\") DO UPDATE SET {} WHERE ({}) {} ({})", table.name,
                     ColumnNames(table), rows, table.columns.front().name, Joined(table, ", ", 1, set),
                     Joined(table, ", ", 1, ours), dialect == Dialect::kPostgresql ? "IS DISTINCT FROM" : "IS NOT",
                     Joined(table, ", ", 1, theirs));
}

std::string_view DeleteHeldLossesSql(Dialect dialect) {
  return dialect == Dialect::kPostgresql ? "DELETE FROM losses WHERE device_id = $1 AND stream = $2 AND "
                                           "first_sequence > $3 AND last_sequence <= $4"
                                         : "DELETE FROM losses WHERE device_id = ? AND stream = ? AND "
                                           "first_sequence > ? AND last_sequence <= ?";
}

Result<std::vector<Column>> MissingColumns(const Table& table, const std::vector<FoundColumn>& found, Dialect dialect) {
  const auto find = [&](std::string_view name) {
    return std::find_if(found.begin(), found.end(), [&](const FoundColumn& column) { return column.name == name; });
  };
  const std::string_view key = table.columns.front().name;
  if (const auto there = find(key); there == found.end() || !there->is_unique) {
    return Status(Code::kFailedPrecondition,
                  fmt::format("the table \"{}\" is there and is none of ours: it has no unique column \"{}\"; {}",
                              table.name, key, kElsewhere));
  }
  std::vector<Column> missing;
  for (const Column& column : table.columns) {
    const auto there = find(column.name);
    const std::string_view type = TypeName(column.type, dialect);
    if (there == found.end()) {
      missing.push_back(column);
    } else if (there->type != type) {
      return Status(Code::kFailedPrecondition,
                    fmt::format("the column \"{}\" of the table \"{}\" is of type {}, not {}; {}", column.name,
                                table.name, there->type, type, kElsewhere));
    }
  }
  return missing;
}

}  // namespace inferometer::exchange
