#include "lake/lake_reader.h"

#include <fmt/format.h>

#include <set>
#include <string>
#include <utility>
#include <variant>

#include "lake/columns.h"
#include "lake/database.h"
#include "lake/file_checksum.h"
#include "lake/json_column.h"
#include "lake/row_appender.h"
#include "lake/unrounded.h"
#include "record/context_fields.h"
#include "record/fields.h"

namespace inferometer::lake {
namespace {

using simdjson::ondemand::value;

std::string FromFile(const std::filesystem::path& file) {
  return fmt::format("read_parquet({}, hive_partitioning = false)", SqlText(file.string()));
}

// Reads the rows of one chunk, whose columns are those of Columns().
class RowReader {
 public:
  explicit RowReader(const DuckDbApi& api) : api_(api) {}

  Status Read(const Chunk& chunk, std::size_t row, LakeRecord& lake_record) {
    lake_record = LakeRecord();
    row_ = row;
    const auto columns = Columns();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      vector_ = chunk.column(i);
      const std::uint64_t* validity = api_.vector_get_validity(vector_);
      if (validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0) continue;
      RETURN_IF_ERROR(Column(columns[i], lake_record));
    }
    return Ok();
  }

 private:
  Status Column(const lake::Column& column, LakeRecord& lake_record) {
    switch (column.kind) {
      case ColumnKind::kDeviceName: lake_record.device_name = Text(); return Ok();
      case ColumnKind::kField: Field(record::Fields()[column.index], lake_record.record); return Ok();
      case ColumnKind::kOtherFields: lake_record.other_fields = Text(); return Ok();
      case ColumnKind::kUnrounded: return Unrounded(Text(), lake_record.record);
      case ColumnKind::kContext: Context(record::ContextFields()[column.index], lake_record.context); return Ok();
      case ColumnKind::kOtherContext: return OtherContext(Text(), lake_record.context);
    }
    return Ok();
  }

  template <typename T>
  const T& Value() const {
    return static_cast<const T*>(api_.vector_get_data(vector_))[row_];
  }
  [[nodiscard]] std::string Text() const { return std::string(ViewOf(Value<duckdb_string_t>())); }

  void Field(const record::Field& field, InferenceRecord& record) {
    decimals_ = field.decimals;
    std::visit([&](auto member) { Set(record.*member); }, field.member);
  }
  void Set(std::optional<WallTime>& time) const { time = WallTime(std::chrono::microseconds(Value<std::int64_t>())); }
  void Set(std::optional<std::string>& text) const { text = Text(); }
  void Set(std::optional<double>& real) const { real = FromDecimal(Value<std::int64_t>(), decimals_); }
  void Set(std::optional<std::int64_t>& whole) const { whole = Value<std::int64_t>(); }
  void Set(std::optional<bool>& boolean) const { boolean = Value<bool>(); }
  void Set(std::vector<std::string>& list) const {
    const auto entry = Value<duckdb_list_entry>();
    const auto* texts = static_cast<const duckdb_string_t*>(api_.vector_get_data(api_.list_vector_get_child(vector_)));
    for (idx_t i = 0; i < entry.length; ++i) list.emplace_back(ViewOf(texts[entry.offset + i]));
  }

  void Context(const record::ContextField& field, store::Context& context) const {
    std::string name(field.name);
    switch (field.type) {
      case record::ContextType::kText: context.emplace_back(std::move(name), Text()); break;
      case record::ContextType::kInteger: context.emplace_back(std::move(name), Value<std::int64_t>()); break;
      case record::ContextType::kReal: context.emplace_back(std::move(name), Value<double>()); break;
    }
  }

  static Status Unrounded(const std::string& json, InferenceRecord& record) {
    return ForEachUnrounded(json, [&](std::size_t field, double real) {
      record.*std::get<record::RealMember>(record::Fields()[field].member) = real;
    });
  }

  static Status OtherContext(const std::string& json, store::Context& context) {
    return WalkJsonColumn("other_context", json, [&](std::string_view key, value content) -> Status {
      std::int64_t whole = 0;
      double real = 0;
      bool boolean = false;
      std::string_view text;
      if (!content.get_string().get(text)) {
        context.emplace_back(key, std::string(text));
      } else if (!content.get_int64().get(whole)) {
        context.emplace_back(key, whole);
      } else if (record::TakeDouble(content, &real)) {
        context.emplace_back(key, real);
      } else if (!content.get_bool().get(boolean)) {
        context.emplace_back(key, boolean);
      }
      return Ok();
    });
  }

  const DuckDbApi& api_;
  std::size_t row_ = 0;
  duckdb_vector vector_ = nullptr;
  int decimals_ = 0;
};

using Names = std::set<std::string, std::less<>>;

Result<Names> ColumnsOf(Database& database, const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const Answer answer, database.Query("SELECT * FROM " + FromFile(file) + " LIMIT 0"));
  Names present;
  for (std::size_t i = 0; i < answer.columns(); ++i) present.emplace(answer.name(i));
  return present;
}

// Our columns out of those that the file has.
Result<std::string> SelectFrom(Database& database, const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const Names present, ColumnsOf(database, file));
  std::string sql;
  for (const Column& column : Columns()) {
    const std::string from = present.contains(column.name) ? SqlName(column.name) : "NULL";
    sql += fmt::format("{}{}::{}", sql.empty() ? "SELECT " : ", ", from, column.sql_type);
  }
  return sql + " FROM " + FromFile(file);
}

Status ReadRows(Database& database, const std::filesystem::path& file,
                const std::function<Status(const LakeRecord&)>& each, bool& stopped) {
  ASSIGN_OR_RETURN(const std::string sql, SelectFrom(database, file));
  ASSIGN_OR_RETURN(Answer answer, database.Query(sql));
  RowReader reader(database.api());
  LakeRecord row;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<Chunk> chunk, answer.Next());
    if (!chunk) return Ok();
    for (std::size_t i = 0; i < chunk->rows(); ++i) {
      RETURN_IF_ERROR(reader.Read(*chunk, i, row));
      const Status status = each(row);
      stopped = !status.ok();
      if (stopped) return status;
    }
  }
}

}  // namespace

struct LakeReader::State {
  explicit State(Database opened) : database(std::move(opened)) {}
  Database database;
};

LakeReader::LakeReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
LakeReader::~LakeReader() = default;
LakeReader::LakeReader(LakeReader&&) noexcept = default;

Result<LakeReader> LakeReader::Open(std::size_t memory_mb) {
  DatabaseOptions options;
  options.memory_mb = memory_mb;
  ASSIGN_OR_RETURN(Database database, Database::Open(options));
  return LakeReader(std::make_unique<State>(std::move(database)));
}

Status LakeReader::Check(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const FileChecksum checksum, CheckChecksum(file));
  const std::string rows = checksum == FileChecksum::kGood ? FromFile(file) + " LIMIT 0" : FromFile(file);
  const Status status = SelectFrom(state_->database, file).status();
  const Status read = status.ok() ? state_->database.Run("SELECT sum(hash(r)) FROM (FROM " + rows + ") AS r") : status;
  if (read.ok()) return read;
  return {Code::kDataLoss, fmt::format("{}: {}", file.string(), FirstLine(read.message()))};
}

Result<std::vector<std::string>> LakeReader::UnknownColumns(const std::filesystem::path& file) {
  auto names = ColumnsOf(state_->database, file);
  if (!names.ok()) {
    return Status(Code::kDataLoss, fmt::format("{}: {}", file.string(), FirstLine(names.status().message())));
  }
  for (const Column& column : Columns()) names->erase(column.name);
  return std::vector<std::string>(names->begin(), names->end());
}

Status LakeReader::ForEach(const std::filesystem::path& file, const std::function<Status(const LakeRecord&)>& each) {
  RETURN_IF_ERROR(CheckChecksum(file).status());
  bool stopped = false;
  const Status status = ReadRows(state_->database, file, each, stopped);
  const bool is_damage = status.code() == Code::kDataLoss || status.code() == Code::kInvalidArgument;
  if (stopped || !is_damage) return status;
  return {Code::kDataLoss, fmt::format("{}: {}", file.string(), FirstLine(status.message()))};
}

}  // namespace inferometer::lake
