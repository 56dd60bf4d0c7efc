#include "exchange/target_name.h"

#include "exchange/postgresql_url.h"

namespace inferometer::exchange {
namespace {

constexpr std::string_view kSqlitePrefix = "sqlite:";
constexpr const char* kForms =
    "give postgresql://user@host/database, sqlite:FILE, FILE.sqlite, FILE.csv, FILE.jsonl, FILE.parquet, or - with "
    "--format csv or "
    "jsonl";

Status Invalid(std::string message) { return {Code::kInvalidArgument, std::move(message)}; }

std::optional<TargetKind> KindOfEnding(std::string_view file) {
  constexpr struct {
    std::string_view ending;
    TargetKind kind;
  } kEndings[] = {{".csv", TargetKind::kCsv},          {".jsonl", TargetKind::kJsonLines},
                  {".ndjson", TargetKind::kJsonLines}, {".parquet", TargetKind::kParquet},
                  {".sqlite", TargetKind::kSqlite},    {".sqlite3", TargetKind::kSqlite},
                  {".db", TargetKind::kSqlite}};
  for (const auto& [ending, kind] : kEndings) {
    if (file.ends_with(ending)) return kind;
  }
  return std::nullopt;
}

Result<TargetName> ParseFile(const std::string& file, std::optional<TargetKind> format) {
  if (file.empty()) return Invalid(std::string("no file is named: ") + kForms);
  if (!format) format = KindOfEnding(file);
  if (!format) return Invalid("\"" + file + "\": its ending does not tell what to write: " + kForms);
  if (*format == TargetKind::kPostgresql)
    return Invalid("a PostgreSQL database is named by its URL: " + std::string(kForms));
  if (file == kStandardOutput && (*format == TargetKind::kSqlite || *format == TargetKind::kParquet)) {
    return Invalid("an SQLite database or a Parquet file cannot be written to the standard output; name a file");
  }
  return TargetName{*format, file};
}

}  // namespace

Result<TargetName> ParseTarget(const std::string& text, std::optional<TargetKind> format) {
  if (IsPostgresqlUrl(text)) {
    if (format.value_or(TargetKind::kPostgresql) == TargetKind::kPostgresql) {
      return TargetName{TargetKind::kPostgresql, text};
    }
    return Invalid("--format does not go with a PostgreSQL URL");
  }
  if (text.starts_with(kSqlitePrefix)) {
    if (format.value_or(TargetKind::kSqlite) != TargetKind::kSqlite) {
      return Invalid("--format says something else than sqlite:");
    }
    return ParseFile(text.substr(kSqlitePrefix.size()), TargetKind::kSqlite);
  }
  if (const auto scheme = text.find("://"); scheme != std::string::npos) {
    return Invalid("records cannot go to \"" + text.substr(0, scheme) + "://\": " + kForms);
  }
  return ParseFile(text, format);
}

}  // namespace inferometer::exchange
