#include "exchange/database_table.h"

#include <gtest/gtest.h>

#include <algorithm>

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
