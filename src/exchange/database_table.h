#pragma once
// The tables of an exported database, and the SQL that makes and fills them. The columns of `records` are the field
// table's (record/fields.h): a new field is a new column, which an export adds to a table that an older program made.

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::exchange {

enum class ColumnType { kText, kReal, kInteger, kBoolean, kTime, kTextList, kJson };

struct Column {
  std::string_view name;
  ColumnType type;
};

// The first column is the key.
struct Table {
  std::string_view name;
  std::vector<Column> columns;
};

// All live for the whole program.
[[nodiscard]] const Table& RecordsTable();   // record_key, device_name, context_key, then the fields of the field table
[[nodiscard]] const Table& ContextsTable();  // context_key, context
[[nodiscard]] const Table& LoadsTable();     // what loading a model took
[[nodiscard]] const Table& LossesTable();    // records that a journal's ledger reports lost
// Each of them.
[[nodiscard]] std::array<const Table*, 4> AllTables();

// What to do where a name that an export needs is taken.
inline constexpr std::string_view kElsewhere =
    "export into another database (PostgreSQL: or another schema), or rename that table";

enum class Dialect { kPostgresql, kSqlite };

// The type of a column as CREATE TABLE takes it and as the database's catalogue gives it back.
[[nodiscard]] std::string_view TypeName(ColumnType type, Dialect dialect);

// Does nothing where a table of that name is there.
[[nodiscard]] std::string CreateTableSql(const Table& table, Dialect dialect);
[[nodiscard]] std::string AddColumnSql(const Table& table, const Column& column, Dialect dialect);
// "INSERT INTO t (columns) `rows` ON CONFLICT ...": a row whose key is there replaces that row, unless it is the same.
[[nodiscard]] std::string UpsertSql(const Table& table, std::string_view rows, Dialect dialect);
// Deletes the losses of a stream that a wider one holds now: its parameters are the device's id, the stream, and the
// wider one's first and last record.
[[nodiscard]] std::string_view DeleteHeldLossesSql(Dialect dialect);
// The names of all columns, separated by ", ".
[[nodiscard]] std::string ColumnNames(const Table& table);

// A column of a table that is there, as the database's catalogue has it.
struct FoundColumn {
  std::string name;
  std::string type;
  bool is_unique = false;  // alone: as a primary key of one column is
};

// Which columns the table lacks; columns that we do not know may be there, too. kFailedPrecondition names what does not
// fit: a table of somebody else's, without our key, or a column of another type.
[[nodiscard]] Result<std::vector<Column>> MissingColumns(const Table& table, const std::vector<FoundColumn>& found,
                                                         Dialect dialect);

}  // namespace inferometer::exchange
