#include "exchange/target_name.h"

#include <gtest/gtest.h>

namespace inferometer::exchange {
namespace {

void ExpectTarget(const std::string& text, std::optional<TargetKind> format, TargetKind kind,
                  const std::string& place) {
  const auto target = ParseTarget(text, format);
  ASSERT_TRUE(target.ok()) << text << ": " << target.status().message();
  EXPECT_EQ(target->kind, kind) << text;
  EXPECT_EQ(target->place, place) << text;
}

void ExpectRefused(const std::string& text, std::optional<TargetKind> format, const std::string& why) {
  const auto target = ParseTarget(text, format);
  ASSERT_FALSE(target.ok()) << text;
  EXPECT_EQ(target.status().code(), Code::kInvalidArgument) << text;
  EXPECT_NE(target.status().message().find(why), std::string::npos) << target.status().message();
}

TEST(TargetName, TellsItsKindByItsForm) {
  ExpectTarget("postgresql://u@h/d", {}, TargetKind::kPostgresql, "postgresql://u@h/d");
  ExpectTarget("postgres://h/d.csv", {}, TargetKind::kPostgresql, "postgres://h/d.csv");
  ExpectTarget("sqlite:a.csv", {}, TargetKind::kSqlite, "a.csv");
  for (const char* file : {"a.sqlite", "a.sqlite3", "b/a.db"}) ExpectTarget(file, {}, TargetKind::kSqlite, file);
  ExpectTarget("a.csv", {}, TargetKind::kCsv, "a.csv");
  ExpectTarget("a.parquet", {}, TargetKind::kParquet, "a.parquet");
  for (const char* file : {"a.jsonl", "a.ndjson"}) ExpectTarget(file, {}, TargetKind::kJsonLines, file);
}

TEST(TargetName, FormatCountsMoreThanTheEnding) {
  ExpectTarget("a.csv", TargetKind::kJsonLines, TargetKind::kJsonLines, "a.csv");
  ExpectTarget("a", TargetKind::kSqlite, TargetKind::kSqlite, "a");
  ExpectTarget("-", TargetKind::kCsv, TargetKind::kCsv, "-");
}

TEST(TargetName, WhatCannotBeIsRefusedWithTheNextStep) {
  ExpectRefused("", {}, "no file is named");
  ExpectRefused("sqlite:", {}, "no file is named");
  ExpectRefused("a.txt", {}, "\"a.txt\": its ending does not tell");
  ExpectRefused("-", {}, "--format csv");
  ExpectRefused("-", TargetKind::kSqlite, "standard output");
  ExpectRefused("-", TargetKind::kParquet, "standard output");
  ExpectRefused("postgresql://h/d", TargetKind::kCsv, "--format does not go");
  ExpectRefused("sqlite:a", TargetKind::kCsv, "sqlite:");
}

TEST(TargetName, PasswordOfAnotherSchemeIsNotRepeated) {
  const auto target = ParseTarget("mysql://u:hunter2@h/d", {});
  EXPECT_NE(target.status().message().find("mysql://"), std::string::npos);
  EXPECT_EQ(target.status().message().find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace inferometer::exchange
