#include "exchange/database_table.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "os/files.h"
#include "record/fields.h"

namespace inferometer::exchange {
namespace {

// A table that is there as `table` says.
std::vector<FoundColumn> AsFound(const Table& table, Dialect dialect) {
  std::vector<FoundColumn> found;
  for (const Column& column : table.columns) {
    found.push_back({std::string(column.name), std::string(TypeName(column.type, dialect)), found.empty()});
  }
  return found;
}

TEST(DatabaseTable, RecordsHaveAColumnForEachFieldOfTheTable) {
  const auto& columns = RecordsTable().columns;
  for (const record::Field& field : record::Fields()) {
    EXPECT_TRUE(std::any_of(columns.begin(), columns.end(), [&](const Column& c) { return c.name == field.name; }))
        << field.name;
  }
}

TEST(DatabaseTable, IsMadeWithItsKeyAndTypes) {
  EXPECT_EQ(CreateTableSql(ContextsTable(), Dialect::kPostgresql),
            R"(CREATE TABLE IF NOT EXISTS "contexts" ("context_key" text NOT NULL PRIMARY KEY, "context" jsonb))");
  EXPECT_EQ(CreateTableSql(ContextsTable(), Dialect::kSqlite),
            R"(CREATE TABLE IF NOT EXISTS "contexts" ("context_key" TEXT NOT NULL PRIMARY KEY, "context" TEXT))");
}

// src/exchange/testdata/NAME; INFEROMETER_UPDATE_GOLDEN=1 writes the file instead.
void ExpectGoldenTables(const std::string& name, Dialect dialect) {
  std::string sql;
  for (const Table* table : {&RecordsTable(), &ContextsTable(), &LoadsTable()}) {
    std::string statement = CreateTableSql(*table, dialect) + ";\n";
    for (std::size_t at = 0; (at = statement.find(", ", at)) != std::string::npos;) statement.replace(at, 2, ",\n  ");
    sql += statement;
  }
  const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "src/exchange/testdata" / name;
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << sql;
  EXPECT_EQ(sql, os::ReadFile(file, 1'000'000).value()) << name;
}

TEST(DatabaseTable, GoldenPostgresql) { ExpectGoldenTables("tables_postgresql.sql", Dialect::kPostgresql); }
TEST(DatabaseTable, GoldenSqlite) { ExpectGoldenTables("tables_sqlite.sql", Dialect::kSqlite); }

TEST(DatabaseTable, UpsertReplacesOnlyWhatIsAnother) {
  EXPECT_EQ(
      UpsertSql(ContextsTable(), "VALUES ($1, $2)", Dialect::kPostgresql),
      R"(INSERT INTO "contexts" ("context_key", "context") VALUES ($1, $2) ON CONFLICT ("context_key") DO UPDATE SET )"
      R"("context" = excluded."context" WHERE ("contexts"."context") IS DISTINCT FROM (excluded."context"))");
}

TEST(DatabaseTable, ThatIsAsItShouldBeLacksNothing) {
  for (const Dialect dialect : {Dialect::kPostgresql, Dialect::kSqlite}) {
    const auto missing = MissingColumns(RecordsTable(), AsFound(RecordsTable(), dialect), dialect);
    ASSERT_TRUE(missing.ok()) << missing.status().message();
    EXPECT_TRUE(missing->empty());
  }
}

TEST(DatabaseTable, OfAnOlderProgramLacksTheNewColumns) {
  auto found = AsFound(RecordsTable(), Dialect::kPostgresql);
  found.erase(found.begin() + 10);
  found.push_back({"notes_of_the_user", "text", false});
  const auto missing = MissingColumns(RecordsTable(), found, Dialect::kPostgresql);
  ASSERT_EQ(missing->size(), 1U);
  EXPECT_EQ(missing->front().name, RecordsTable().columns[10].name);
}

TEST(DatabaseTable, OfSomebodyElseIsNamed) {
  for (const std::vector<FoundColumn>& found :
       {std::vector<FoundColumn>{{"id", "bigint", true}}, {{"record_key", "text", false}}}) {
    const auto missing = MissingColumns(RecordsTable(), found, Dialect::kPostgresql);
    EXPECT_EQ(missing.status().code(), Code::kFailedPrecondition);
    EXPECT_NE(missing.status().message().find("the table \"records\" is there and is none of ours"), std::string::npos);
  }
}

TEST(DatabaseTable, ColumnOfAnotherTypeIsNamed) {
  auto found = AsFound(RecordsTable(), Dialect::kPostgresql);
  std::find_if(found.begin(), found.end(), [](const auto& c) { return c.name == "swap_mb"; })->type = "text";
  const auto missing = MissingColumns(RecordsTable(), found, Dialect::kPostgresql);
  EXPECT_NE(missing.status().message().find(
                "the column \"swap_mb\" of the table \"records\" is of type text, not double precision"),
            std::string::npos)
      << missing.status().message();
}

}  // namespace
}  // namespace inferometer::exchange
