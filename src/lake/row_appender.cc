#include "lake/row_appender.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <utility>
#include <variant>

#include "lake/columns.h"
#include "record/context_fields.h"
#include "record/fields.h"
#include "record/json_write.h"

namespace inferometer::lake {
namespace {

constexpr double kDecimalLimit = 1e18;
constexpr std::array<double, 10> kPowersOfTen = {1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

// The texts of a record's columns that are put together from several values.
struct JsonColumns {
  std::string unrounded;
  std::string other_context;
};

// Refuses what the columns cannot hold, before anything is written.
Status CheckReals(const InferenceRecord& record, std::string& unrounded) {
  record::JsonObject object(unrounded);
  bool is_empty = true;
  for (const record::Field& field : record::Fields()) {
    const auto* member = std::get_if<record::RealMember>(&field.member);
    if (member == nullptr || !(record.**member)) continue;
    const double value = *(record.**member);
    const auto decimal = ToDecimal(value, field.decimals);
    if (!decimal.ok()) return {decimal.status().code(), fmt::format("{}: {}", field.name, decimal.status().message())};
    if (decimal->is_exact) continue;
    object.Key(field.name);
    record::AppendNumber(value, unrounded);
    is_empty = false;
  }
  object.Close();
  if (is_empty) unrounded.clear();
  return Ok();
}

bool IsOfType(const store::ContextValue& value, record::ContextType type) {
  switch (type) {
    case record::ContextType::kText: return std::holds_alternative<std::string>(value);
    case record::ContextType::kInteger: return std::holds_alternative<std::int64_t>(value);
    case record::ContextType::kReal:
      return std::holds_alternative<double>(value) || std::holds_alternative<std::int64_t>(value);
  }
  return false;
}

const store::ContextValue* FindIn(const store::Context& context, const record::ContextField& field) {
  for (const auto& [key, value] : context) {
    if (key == field.name) return IsOfType(value, field.type) ? &value : nullptr;
  }
  return nullptr;
}

std::string OtherContext(const store::Context& context) {
  store::Context others;
  for (const auto& entry : context) {
    const auto known = record::FindContextField(entry.first);
    const bool is_column = known && FindIn(context, record::ContextFields()[*known]) == &entry.second;
    if (!is_column) others.push_back(entry);
  }
  std::string json;
  if (!others.empty()) store::AppendJson(others, json);
  return json;
}

// Writes one row of one chunk.
class RowWriter {
 public:
  RowWriter(const DuckDbApi& api, duckdb_data_chunk chunk, std::size_t row, Reals reals)
      : api_(api), chunk_(chunk), row_(row), reals_(reals) {}

  void Write(const std::vector<std::size_t>& places, const LakeRecord& lake_record, const JsonColumns& json) {
    for (std::size_t i = 0; i < places.size(); ++i) {
      const Column& column = Columns()[places[i]];
      vector_ = api_.data_chunk_get_vector(chunk_, i);
      switch (column.kind) {
        case ColumnKind::kDeviceName: Text(lake_record.device_name); break;
        case ColumnKind::kField: Field(lake_record.record, record::Fields()[column.index]); break;
        case ColumnKind::kOtherFields: TextOrNull(lake_record.other_fields); break;
        case ColumnKind::kUnrounded: TextOrNull(json.unrounded); break;
        case ColumnKind::kContext: Context(lake_record.context, record::ContextFields()[column.index]); break;
        case ColumnKind::kOtherContext: TextOrNull(json.other_context); break;
      }
    }
  }

 private:
  void Null() {
    api_.vector_ensure_validity_writable(vector_);
    api_.validity_set_row_invalid(api_.vector_get_validity(vector_), row_);
  }
  template <typename T>
  void Value(T value) {
    static_cast<T*>(api_.vector_get_data(vector_))[row_] = value;
  }
  void Text(const std::string& text) { api_.vector_assign_string_element_len(vector_, row_, text.data(), text.size()); }
  void TextOrNull(const std::string& text) { text.empty() ? Null() : Text(text); }

  void Field(const InferenceRecord& record, const record::Field& field) {
    decimals_ = field.decimals;
    std::visit([&](auto member) { Member(record.*member); }, field.member);
  }
  template <typename T>
  void Member(const std::optional<T>& value) {
    value ? Present(*value) : Null();
  }
  void Member(const std::vector<std::string>& list) { list.empty() ? Null() : List(list); }
  void Present(WallTime time) { Value(static_cast<std::int64_t>(time.time_since_epoch().count())); }
  void Present(const std::string& text) { Text(text); }
  void Present(double value) {
    reals_ == Reals::kDouble ? Value(value) : Value(ToDecimal(value, decimals_)->scaled);  // checked before
  }
  void Present(std::int64_t value) { Value(value); }
  void Present(bool value) { Value(value); }

  void List(const std::vector<std::string>& list) {
    const duckdb_vector child = api_.list_vector_get_child(vector_);
    const idx_t begin = api_.list_vector_get_size(vector_);
    api_.list_vector_reserve(vector_, begin + list.size());
    for (std::size_t i = 0; i < list.size(); ++i) {
      api_.vector_assign_string_element_len(child, begin + i, list[i].data(), list[i].size());
    }
    api_.list_vector_set_size(vector_, begin + list.size());
    Value(duckdb_list_entry{begin, list.size()});
  }

  void Context(const store::Context& context, const record::ContextField& field) {
    const store::ContextValue* value = FindIn(context, field);
    if (value == nullptr) return Null();
    if (const auto* text = std::get_if<std::string>(value)) return Text(*text);
    const auto* whole = std::get_if<std::int64_t>(value);
    if (field.type == record::ContextType::kInteger) return Value(*whole);
    Value(whole != nullptr ? static_cast<double>(*whole) : std::get<double>(*value));
  }

  const DuckDbApi& api_;
  duckdb_data_chunk chunk_;
  std::size_t row_;
  Reals reals_;
  duckdb_vector vector_ = nullptr;
  int decimals_ = 0;
};

duckdb_logical_type MakeType(const DuckDbApi& api, const Column& column, Reals reals) {
  if (column.kind == ColumnKind::kContext) {
    switch (record::ContextFields()[column.index].type) {
      case record::ContextType::kText: return api.create_logical_type(DUCKDB_TYPE_VARCHAR);
      case record::ContextType::kInteger: return api.create_logical_type(DUCKDB_TYPE_BIGINT);
      case record::ContextType::kReal: return api.create_logical_type(DUCKDB_TYPE_DOUBLE);
    }
  }
  if (column.kind != ColumnKind::kField) return api.create_logical_type(DUCKDB_TYPE_VARCHAR);
  const record::Field& field = record::Fields()[column.index];
  switch (field.type()) {
    case record::FieldType::kTime: return api.create_logical_type(DUCKDB_TYPE_TIMESTAMP_TZ);
    case record::FieldType::kText: return api.create_logical_type(DUCKDB_TYPE_VARCHAR);
    case record::FieldType::kReal:
      return reals == Reals::kDouble ? api.create_logical_type(DUCKDB_TYPE_DOUBLE)
                                     : api.create_decimal_type(18, static_cast<std::uint8_t>(field.decimals));
    case record::FieldType::kInteger: return api.create_logical_type(DUCKDB_TYPE_BIGINT);
    case record::FieldType::kBoolean: return api.create_logical_type(DUCKDB_TYPE_BOOLEAN);
    case record::FieldType::kTextList: break;
  }
  duckdb_logical_type text = api.create_logical_type(DUCKDB_TYPE_VARCHAR);
  duckdb_logical_type list = api.create_list_type(text);
  api.destroy_logical_type(&text);
  return list;
}

}  // namespace

Result<DecimalValue> ToDecimal(double value, int decimals) {
  const double power = kPowersOfTen[static_cast<std::size_t>(decimals)];
  const double scaled = std::nearbyint(value * power);
  if (!(std::abs(scaled) < kDecimalLimit)) {
    return Status(Code::kInvalidArgument, fmt::format("{} is too large for a column of a lake", value));
  }
  DecimalValue decimal;
  decimal.scaled = static_cast<std::int64_t>(scaled);
  decimal.is_exact = FromDecimal(decimal.scaled, decimals) == value && !(value == 0 && std::signbit(value));
  return decimal;
}

// Division of two exact numbers is rounded correctly, as reading the decimal's text is: both give the same double.
double FromDecimal(std::int64_t scaled, int decimals) {
  return static_cast<double>(scaled) / kPowersOfTen[static_cast<std::size_t>(decimals)];
}

RowAppender::RowAppender(const DuckDbApi& api, duckdb_appender appender, std::vector<std::size_t> places, Reals reals)
    : api_(&api), appender_(appender), places_(std::move(places)), reals_(reals), most_rows_(api.vector_size()) {
  MakeChunk();
}

RowAppender::~RowAppender() {
  if (chunk_ != nullptr) api_->destroy_data_chunk(&chunk_);
  if (appender_ != nullptr) api_->appender_destroy(&appender_);
}

RowAppender::RowAppender(RowAppender&& other) noexcept
    : api_(other.api_),
      appender_(std::exchange(other.appender_, nullptr)),
      places_(std::move(other.places_)),
      reals_(other.reals_),
      chunk_(std::exchange(other.chunk_, nullptr)),
      rows_(other.rows_),
      most_rows_(other.most_rows_) {}

Result<RowAppender> RowAppender::Open(Database& database, const std::string& table, std::vector<std::size_t> places,
                                      Reals reals) {
  duckdb_appender appender = nullptr;
  const DuckDbApi& api = database.api();
  if (api.appender_create(database.connection(), nullptr, table.c_str(), &appender) != DuckDBSuccess) {
    const Status failure(Code::kInternal, fmt::format("DuckDB: {}", api.appender_error(appender)));
    api.appender_destroy(&appender);
    return failure;
  }
  return RowAppender(api, appender, std::move(places), reals);
}

void RowAppender::MakeChunk() {
  std::vector<duckdb_logical_type> types;
  types.reserve(places_.size() + 1);
  for (const std::size_t place : places_) types.push_back(MakeType(*api_, Columns()[place], reals_));
  types.push_back(api_->create_logical_type(DUCKDB_TYPE_INTEGER));
  chunk_ = api_->create_data_chunk(types.data(), types.size());
  for (duckdb_logical_type& type : types) api_->destroy_logical_type(&type);
}

Status RowAppender::Check(const LakeRecord& record) {
  std::string unrounded;
  return CheckReals(record.record, unrounded);
}

Status RowAppender::Add(const LakeRecord& record, std::int32_t last_column) {
  JsonColumns json;
  if (reals_ == Reals::kDecimal) RETURN_IF_ERROR(CheckReals(record.record, json.unrounded));
  json.other_context = OtherContext(record.context);
  RowWriter(*api_, chunk_, rows_, reals_).Write(places_, record, json);
  const duckdb_vector last = api_->data_chunk_get_vector(chunk_, places_.size());
  static_cast<std::int32_t*>(api_->vector_get_data(last))[rows_] = last_column;
  return ++rows_ == most_rows_ ? AppendChunk() : Ok();
}

Status RowAppender::AppendChunk() {
  if (rows_ == 0) return Ok();
  api_->data_chunk_set_size(chunk_, rows_);
  if (api_->append_data_chunk(appender_, chunk_) != DuckDBSuccess) return Failure();
  api_->data_chunk_reset(chunk_);
  rows_ = 0;
  return Ok();
}

Status RowAppender::Flush() {
  RETURN_IF_ERROR(AppendChunk());
  return api_->appender_flush(appender_) == DuckDBSuccess ? Ok() : Failure();
}

Status RowAppender::Failure() { return {Code::kInternal, fmt::format("DuckDB: {}", api_->appender_error(appender_))}; }

}  // namespace inferometer::lake
