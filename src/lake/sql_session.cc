#include "lake/sql_session.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/timestamp.h"
#include "lake/columns.h"
#include "lake/database.h"
#include "lake/row_appender.h"
#include "lake/sql_columns.h"
#include "lake/sql_guard.h"

namespace inferometer::lake {
namespace {

const std::vector<std::string_view>& ViewNames() {
  static const std::vector<std::string_view> names = {"records", "loads", "devices", "losses"};
  return names;
}

constexpr const char* kLoads =
    "CREATE TABLE loads (timestamp TIMESTAMPTZ, device_id VARCHAR, device_name VARCHAR, model_name VARCHAR, "
    "load_time_seconds DOUBLE)";
constexpr const char* kLosses =
    "CREATE TABLE losses (device_id VARCHAR, stream VARCHAR, first_sequence UBIGINT, last_sequence UBIGINT, "
    "\"count\" UBIGINT, reason VARCHAR)";
// What is known of each device, of its newest record that says so.
constexpr const char* kDevices =
    "CREATE VIEW devices AS SELECT device_id, arg_max(device_name, timestamp) AS device_name, "
    "count(*) AS inferences, count(*) FILTER (status = 'error') AS failed_inferences, min(timestamp) AS "
    "first_timestamp, "
    "max(timestamp) AS last_timestamp, arg_max(host, timestamp) AS host, arg_max(cpu_model, timestamp) AS cpu_model, "
    "arg_max(cpus_online, timestamp) AS cpus_online, arg_max(memory_total_mb, timestamp) AS memory_total_mb, "
    "arg_max(kernel, timestamp) AS kernel, arg_max(power_mode, timestamp) AS power_mode, "
    "arg_max(program_version, timestamp) AS program_version FROM records GROUP BY device_id";

std::string Quoted(const std::vector<std::filesystem::path>& files) {
  std::string list;
  for (const auto& file : files) list += (list.empty() ? "" : ", ") + SqlText(file.string());
  return "[" + list + "]";
}

std::string NullOr(const std::optional<double>& value) { return value ? fmt::format("{}", *value) : "NULL"; }

std::string Nothing(const Column& column, Reals reals) { return fmt::format("NULL::{}", SqlTypeIn(column, reals)); }

// As the record has it: with the digits that the lake's column has no room for. Where a file of others has something
// else there, what the column holds.
std::string OfLake(std::size_t place) {
  const Column& column = Columns()[place];
  const std::string name = SqlName(column.name);
  if (!IsReal(column)) return name;
  return fmt::format(
      "CASE WHEN unrounded IS NOT NULL AND json_valid(unrounded) THEN coalesce(try_cast(json_extract_string(unrounded, "
      "'$.{}') AS DOUBLE), {}::DOUBLE) ELSE {}::DOUBLE END",
      column.name, name, name);
}

// "expression AS name, ..." of all columns.
template <typename ExpressionOf>
std::string Selected(ExpressionOf expression_of) {
  std::string list;
  for (const std::size_t place : AllPlaces()) {
    list += fmt::format("{}{} AS {}", list.empty() ? "" : ", ", expression_of(place), SqlName(Columns()[place].name));
  }
  return list;
}

// How a column's values become text.
struct Shown {
  ValueKind kind;
  std::string expression;
};

Shown Show(duckdb_type type, const std::string& name) {
  const std::string as_text = name + "::VARCHAR";
  switch (type) {
    case DUCKDB_TYPE_BOOLEAN: return {ValueKind::kBoolean, as_text};
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
    case DUCKDB_TYPE_DECIMAL: return {ValueKind::kNumber, as_text};
    case DUCKDB_TYPE_FLOAT:
    case DUCKDB_TYPE_DOUBLE:  // what is not finite has no spelling in JSON, and means "not a figure" anywhere
      return {ValueKind::kNumber, fmt::format("CASE WHEN isfinite({0}) THEN {0}::VARCHAR END", name)};
    case DUCKDB_TYPE_TIMESTAMP_TZ:
      return {ValueKind::kText, fmt::format("strftime({} AT TIME ZONE 'UTC', '%Y-%m-%dT%H:%M:%S.%fZ')", name)};
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
    case DUCKDB_TYPE_STRUCT:
    case DUCKDB_TYPE_MAP:
    case DUCKDB_TYPE_UNION: return {ValueKind::kJson, fmt::format("to_json({})::VARCHAR", name)};
    default: return {ValueKind::kText, as_text};
  }
}

// What a SELECT gives, and how it is asked for as text.
struct Description {
  std::vector<QueryColumn> columns;
  std::string names;  // c0, c1, ...
  std::string shown;  // an expression a column
};

Result<Description> Describe(Database& database, const std::string& bare_sql) {
  ASSIGN_OR_RETURN(const Answer empty, database.Query(fmt::format("SELECT * FROM ({}\n) LIMIT 0", bare_sql)));
  Description description;
  for (std::size_t i = 0; i < empty.columns(); ++i) {
    const Shown one = Show(empty.type(i), fmt::format("c{}", i));
    description.columns.push_back({std::string(empty.name(i)), one.kind});
    description.names += fmt::format("{}c{}", i == 0 ? "" : ", ", i);
    description.shown += (i == 0 ? "" : ", ") + one.expression;
  }
  return description;
}

Status ForEachRow(Answer& answer, const std::function<Status(const QueryRow&)>& each) {
  QueryRow values(answer.columns());
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Chunk> chunk, answer.Next());
    if (!chunk) return Ok();
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      for (std::size_t column = 0; column < values.size(); ++column) values[column] = chunk->Text(column, i);
      RETURN_IF_ERROR(each(values));
    }
  }
}

// The one statement without what ends it, so that it can stand in brackets.
std::string Bare(const std::string& sql) {
  const auto last = sql.find_last_not_of("; \t\r\n");
  return sql.substr(0, last == std::string::npos ? 0 : last + 1);
}

}  // namespace

struct SqlSession::State {
  explicit State(Database opened) : database(std::move(opened)) {}

  Status Begin(const SqlSessionOptions& options) {
    lake_files = options.lake_files;
    if (!options.sql.empty()) {
      ASSIGN_OR_RETURN(places, ColumnsReadBy(database, options.sql));
    }
    const std::string columns = ColumnDefinitions(places, Reals::kDouble) + (places.empty() ? "" : ", ");
    RETURN_IF_ERROR(database.Run("SET TimeZone = 'UTC'; CREATE TABLE file_records (" + columns + "nothing INTEGER)"));
    RETURN_IF_ERROR(database.Run(kLoads));
    RETURN_IF_ERROR(database.Run(kLosses));
    ASSIGN_OR_RETURN(RowAppender opened, RowAppender::Open(database, "file_records", places, Reals::kDouble));
    appender.emplace(std::move(opened));
    return Ok();
  }

  Status MakeViews() {
    std::string records =
        "SELECT " + Selected([this](std::size_t place) { return OfFiles(place); }) + " FROM file_records";
    if (!lake_files.empty()) {
      // A file of others may lack columns, or have more.
      records += fmt::format(
          " UNION ALL SELECT {} FROM (SELECT {} WHERE false UNION ALL BY NAME SELECT * FROM read_parquet({}, "
          "union_by_name = true, hive_partitioning = false))",
          Selected(OfLake), Selected([](std::size_t place) { return Nothing(Columns()[place], Reals::kDecimal); }),
          Quoted(lake_files));
    }
    RETURN_IF_ERROR(database.Run("CREATE VIEW records AS " + records));
    return database.Run(kDevices);
  }

  [[nodiscard]] std::string OfFiles(std::size_t place) const {
    const Column& column = Columns()[place];
    return Reads(place) ? SqlName(column.name) : Nothing(column, Reals::kDouble);
  }
  [[nodiscard]] bool Reads(std::size_t place) const { return std::binary_search(places.begin(), places.end(), place); }

  Status Lock(const std::optional<std::filesystem::path>& output) {
    std::vector<std::filesystem::path> allowed = lake_files;
    if (output) allowed.push_back(*output);
    return database.Run(
        fmt::format("SET allowed_paths = {}; SET enable_external_access = false; "
                    "SET lock_configuration = true",
                    Quoted(allowed)));
  }

  Database database;
  std::vector<std::filesystem::path> lake_files;
  std::vector<std::size_t> places = AllPlaces();  // of the columns that are kept, rising
  std::optional<RowAppender> appender;            // of `database`, before which it goes
};

SqlSession::SqlSession(std::unique_ptr<State> state) : state_(std::move(state)) {}
SqlSession::~SqlSession() = default;
SqlSession::SqlSession(SqlSession&&) noexcept = default;

Result<SqlSession> SqlSession::Open(const SqlSessionOptions& options) {
  DatabaseOptions database_options;
  database_options.memory_mb = options.memory_mb;
  database_options.spill_into = options.spill_into;
  ASSIGN_OR_RETURN(Database database, Database::Open(database_options));
  auto state = std::make_unique<State>(std::move(database));
  RETURN_IF_ERROR(state->Begin(options));
  return SqlSession(std::move(state));
}

bool SqlSession::Reads(std::string_view column) const {
  const auto columns = Columns();
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& one) { return one.name == column; });
  return found != columns.end() && state_->Reads(static_cast<std::size_t>(found - columns.begin()));
}

Status SqlSession::Add(const LakeRecord& record) { return state_->appender->Add(record); }

Status SqlSession::Add(const LoadRow& load) {
  const std::string time = load.timestamp ? SqlText(base::FormatRfc3339(*load.timestamp)) : "NULL";
  return state_->database.Run(fmt::format("INSERT INTO loads VALUES ({}, {}, {}, {}, {})", time,
                                          SqlText(load.device_id), SqlText(load.device_name), SqlText(load.model_name),
                                          NullOr(load.load_time_seconds)));
}

Status SqlSession::Add(const LossRow& loss) {
  return state_->database.Run(fmt::format("INSERT INTO losses VALUES ({}, {}, {}, {}, {}, {})", SqlText(loss.device_id),
                                          SqlText(loss.stream), loss.first_sequence, loss.last_sequence, loss.count,
                                          SqlText(loss.reason)));
}

Status SqlSession::Seal(const std::optional<std::filesystem::path>& output) {
  RETURN_IF_ERROR(state_->appender->Flush());
  state_->appender.reset();
  RETURN_IF_ERROR(state_->MakeViews());
  return state_->Lock(output);
}

Status SqlSession::Query(const std::string& sql, const std::function<Status(const std::vector<QueryColumn>&)>& columns,
                         const std::function<Status(const QueryRow&)>& row) {
  Database& database = state_->database;
  RETURN_IF_ERROR(CheckSelect(database, sql, ViewNames()));
  const std::string bare = Bare(sql);
  ASSIGN_OR_RETURN(const Description described, Describe(database, bare));
  RETURN_IF_ERROR(columns(described.columns));
  ASSIGN_OR_RETURN(Answer answer, database.Query(fmt::format("SELECT {} FROM ({}\n) AS q({})", described.shown, bare,
                                                             described.names)));
  return ForEachRow(answer, row);
}

Status SqlSession::QueryToParquet(const std::string& sql, const std::filesystem::path& output) {
  RETURN_IF_ERROR(CheckSelect(state_->database, sql, ViewNames()));
  return state_->database.Run(fmt::format("COPY ({}\n) TO {} (FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)",
                                          Bare(sql), SqlText(output.string())));
}

void SqlSession::Interrupt() { state_->database.Interrupt(); }

}  // namespace inferometer::lake
