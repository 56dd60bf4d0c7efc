#pragma once
// What a user calls the place that records go to.

#include <optional>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::exchange {

enum class TargetKind { kCsv, kJsonLines, kParquet, kSqlite, kPostgresql };

inline constexpr std::string_view kStandardOutput = "-";

struct TargetName {
  TargetKind kind;
  std::string place;  // a file, kStandardOutput or a URL
};

// Takes postgresql://..., sqlite:FILE, FILE.sqlite (.sqlite3, .db), FILE.csv, FILE.jsonl (.ndjson), FILE.parquet, or
// "-", the standard output. `format` is for a file, where it counts more than the name's ending, and for "-", which
// needs it. What cannot be is kInvalidArgument; the text is not repeated where a password may stand in it.
[[nodiscard]] Result<TargetName> ParseTarget(const std::string& text, std::optional<TargetKind> format);

}  // namespace inferometer::exchange
