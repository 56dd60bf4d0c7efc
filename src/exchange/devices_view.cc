#include "exchange/devices_view.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>

namespace inferometer::exchange {
namespace {

struct ContextEntry {
  std::string_view name;
  bool is_number;
};
constexpr std::array<ContextEntry, 7> kEntries = {{{"host", false},
                                                   {"cpu_model", false},
                                                   {"cpus_online", true},
                                                   {"memory_total_mb", true},
                                                   {"kernel", false},
                                                   {"power_mode", false},
                                                   {"program_version", false}}};
constexpr std::array<std::string_view, 6> kColumns = {"device_id",         "device_name",     "inferences",
                                                      "failed_inferences", "first_timestamp", "last_timestamp"};

// Records are many, runs are few: what is the newest is looked for among these.
constexpr std::string_view kRuns =
    "WITH runs AS (SELECT r.*, c.context FROM (SELECT device_id, device_name, context_key, count(*) AS inferences, "
    "sum(CASE WHEN status = 'error' THEN 1 ELSE 0 END) AS failed, min(\"timestamp\") AS first_time, "
    "max(\"timestamp\") AS last_time FROM records GROUP BY device_id, device_name, context_key) AS r "
    "LEFT JOIN contexts AS c ON c.context_key = r.context_key)";

// A context may say anything: an entry of another type counts as absent.
std::string PostgresqlEntry(const ContextEntry& entry) {
  const std::string text = fmt::format("context ->> '{}'", entry.name);
  const std::string value =
      entry.is_number
          ? fmt::format("CASE WHEN jsonb_typeof(context -> '{}') = 'number' THEN ({})::numeric END", entry.name, text)
          : fmt::format("({})", text);
  return fmt::format(
      "(array_agg({} ORDER BY last_time DESC NULLS LAST) FILTER (WHERE jsonb_typeof(context -> '{}') = '{}'))[1] AS {}",
      value, entry.name, entry.is_number ? "number" : "string", entry.name);
}

std::string SqliteNewest(std::string_view value, std::string_view condition, std::string_view name) {
  return fmt::format(
      "(SELECT {} FROM runs AS r WHERE r.device_id IS d.device_id AND {} ORDER BY r.last_time DESC LIMIT 1) AS {}",
      value, condition, name);
}

std::string SqliteEntry(const ContextEntry& entry) {
  return SqliteNewest(
      fmt::format("json_extract(r.context, '$.{}')", entry.name),
      fmt::format("json_type(r.context, '$.{}') IN ({})", entry.name, entry.is_number ? "'integer', 'real'" : "'text'"),
      entry.name);
}

std::string NewestName(Dialect dialect) {
  if (dialect == Dialect::kSqlite) return SqliteNewest("r.device_name", "r.device_name IS NOT NULL", "device_name");
  return "(array_agg(device_name ORDER BY last_time DESC NULLS LAST) FILTER (WHERE device_name IS NOT NULL))[1] AS "
         "device_name";
}

}  // namespace

std::string CreateDevicesSql(Dialect dialect) {
  std::string entries;
  for (const ContextEntry& entry : kEntries) {
    entries += ", " + (dialect == Dialect::kSqlite ? SqliteEntry(entry) : PostgresqlEntry(entry));
  }
  return fmt::format(
      "CREATE VIEW devices AS {} SELECT device_id, {}, CAST(sum(inferences) AS bigint) AS inferences, "
      "CAST(sum(failed) AS bigint) AS failed_inferences, min(first_time) AS first_timestamp, max(last_time) AS "
      "last_timestamp{} FROM runs AS d GROUP BY device_id",
      kRuns, NewestName(dialect), entries);
}

Result<bool> LacksDevices(const std::vector<FoundColumn>& found) {
  if (found.empty()) return true;
  const auto has = [&](std::string_view name) {
    return std::any_of(found.begin(), found.end(), [&](const FoundColumn& column) { return column.name == name; });
  };
  const bool is_ours =
      std::all_of(kColumns.begin(), kColumns.end(), has) &&
      std::all_of(kEntries.begin(), kEntries.end(), [&](const auto& entry) { return has(entry.name); });
  if (is_ours) return false;
  return Status(Code::kFailedPrecondition,
                fmt::format("\"devices\" is there and is none of ours: it lacks a column; {}", kElsewhere));
}

}  // namespace inferometer::exchange
