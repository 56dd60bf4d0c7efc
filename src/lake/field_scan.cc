#include "lake/field_scan.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "lake/columns.h"
#include "lake/database.h"
#include "lake/file_checksum.h"
#include "record/fields.h"

namespace inferometer::lake {
namespace {

namespace fs = std::filesystem;

// Files a query: enough that the work of starting one does not count, few enough that their footers fit.
constexpr std::size_t kFilesAtATime = 128;

constexpr std::string_view kNoSuchColumn = "Binder Error";

const Column& ColumnNamed(std::string_view name) {
  const auto columns = Columns();
  return *std::find_if(columns.begin(), columns.end(), [&](const Column& column) { return column.name == name; });
}

double DivisorOf(const Column& column) {
  if (column.kind != ColumnKind::kField) return 1;
  const record::Field& field = record::Fields()[column.index];
  double divisor = 1;
  if (field.type() == record::FieldType::kReal) {
    for (int i = 0; i < field.decimals; ++i) divisor *= 10;
  }
  return divisor;
}

std::string FilesSql(std::span<const fs::path> files) {
  std::string list;
  for (const fs::path& file : files) list += (list.empty() ? "" : ", ") + SqlText(file.string());
  return fmt::format("read_parquet([{}], union_by_name = true, hive_partitioning = false)", list);
}

}  // namespace

struct FieldScan::State {
  State(Database opened, std::span<const std::string_view> names) : database(std::move(opened)) {
    for (const std::string_view name : names) columns.push_back(&ColumnNamed(name));
    views.resize(columns.size());
  }

  Status OpenNext() {
    const std::size_t count = std::min(kFilesAtATime, files.size() - next);
    const std::span<const fs::path> some(files.data() + next, count);
    next += count;
    for (const fs::path& file : some) RETURN_IF_ERROR(CheckChecksum(file).status());
    const std::string from = FilesSql(some);
    Status status = Ask(from, nullptr);
    if (status.ok() || !status.message().starts_with(kNoSuchColumn)) return status;
    ASSIGN_OR_RETURN(const std::set<std::string> present, NamesIn(from));
    return Ask(from, &present);
  }

  Status Ask(const std::string& from, const std::set<std::string>* present) {
    ASSIGN_OR_RETURN(Answer opened, database.Query(Select(from, present)));
    answer.emplace(std::move(opened));
    return Ok();
  }

  // `present`: the columns that there are; nullptr: all of them.
  std::string Select(const std::string& from, const std::set<std::string>* present) const {
    std::string sql;
    for (const Column* column : columns) {
      const bool is_there = present == nullptr || present->contains(column->name);
      const std::string value = is_there ? SqlName(column->name) : "NULL";
      sql += fmt::format("{}{}::{}", sql.empty() ? "SELECT " : ", ", value, column->sql_type);
    }
    return sql + " FROM " + from;
  }

  Result<std::set<std::string>> NamesIn(const std::string& from) {
    ASSIGN_OR_RETURN(const Answer empty, database.Query("SELECT * FROM " + from + " LIMIT 0"));
    std::set<std::string> names;
    for (std::size_t i = 0; i < empty.columns(); ++i) names.emplace(empty.name(i));
    return names;
  }

  ScanChunk View() {
    const DuckDbApi& api = database.api();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const duckdb_vector vector = chunk->column(i);
      views[i] = ColumnView(api.vector_get_data(vector), api.vector_get_validity(vector), DivisorOf(*columns[i]));
    }
    return {chunk->rows(), views};
  }

  Database database;
  std::vector<fs::path> files;
  std::size_t next = 0;  // of the files
  std::vector<const Column*> columns;
  std::vector<ColumnView> views;
  std::optional<Answer> answer;  // of `database`, before which it goes
  std::optional<Chunk> chunk;
};

FieldScan::FieldScan(std::unique_ptr<State> state) : state_(std::move(state)) {}
FieldScan::~FieldScan() = default;
FieldScan::FieldScan(FieldScan&&) noexcept = default;

Result<FieldScan> FieldScan::Open(std::span<const std::string_view> columns, std::size_t memory_mb) {
  DatabaseOptions options;
  options.threads = 1;  // the caller has threads of its own
  options.memory_mb = memory_mb;
  ASSIGN_OR_RETURN(Database database, Database::Open(options));
  return FieldScan(std::make_unique<State>(std::move(database), columns));
}

void FieldScan::Start(std::span<const fs::path> files) {
  state_->chunk.reset();
  state_->answer.reset();
  state_->files.assign(files.begin(), files.end());
  state_->next = 0;
}

Result<std::optional<ScanChunk>> FieldScan::Next() {
  State& state = *state_;
  const auto damage = [](const Status& status) {
    return status.code() == Code::kInvalidArgument ? Status(Code::kDataLoss, FirstLine(status.message())) : status;
  };
  while (true) {
    if (!state.answer) {
      if (state.next == state.files.size()) return std::optional<ScanChunk>();
      const Status opened = state.OpenNext();
      if (!opened.ok()) return damage(opened);
    }
    state.chunk.reset();
    auto next = state.answer->Next();
    if (!next.ok()) return damage(next.status());
    if (*next) {
      state.chunk = std::move(*next);
      return std::optional<ScanChunk>(state.View());
    }
    state.answer.reset();
  }
}

}  // namespace inferometer::lake
