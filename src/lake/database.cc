#include "lake/database.h"

#include <fmt/format.h>

#include <utility>

namespace inferometer::lake {
namespace {

// What DuckDB says is for people; the code is told from its beginning, which its releases keep.
Status FailureOf(const char* text) {
  const std::string message = text == nullptr ? "DuckDB failed without saying why" : text;
  if (message.starts_with("INTERRUPT")) return {Code::kCancelled, message};
  if (message.starts_with("Out of Memory")) return {Code::kResourceExhausted, message};
  if (message.starts_with("IO Error")) return {Code::kUnavailable, message};
  if (message.starts_with("FATAL") || message.starts_with("INTERNAL")) return {Code::kInternal, message};
  return {Code::kInvalidArgument, message};
}

class Config {
 public:
  explicit Config(const DuckDbApi& api) : api_(api) { api_.create_config(&config_); }
  ~Config() { api_.destroy_config(&config_); }
  Config(const Config&) = delete;
  Config& operator=(const Config&) = delete;
  [[nodiscard]] Status Set(const char* name, const std::string& value) {
    if (api_.set_config(config_, name, value.c_str()) == DuckDBSuccess) return Ok();
    return {Code::kInternal, fmt::format("DuckDB does not take {} = {}", name, value)};
  }
  [[nodiscard]] duckdb_config get() const { return config_; }

 private:
  const DuckDbApi& api_;
  duckdb_config config_ = nullptr;
};

Status Configure(const DatabaseOptions& options, Config& config) {
  RETURN_IF_ERROR(config.Set("autoinstall_known_extensions", "false"));
  RETURN_IF_ERROR(config.Set("autoload_known_extensions", "false"));
  RETURN_IF_ERROR(config.Set("allow_community_extensions", "false"));
  RETURN_IF_ERROR(config.Set("memory_limit", fmt::format("{}MiB", options.memory_mb)));
  RETURN_IF_ERROR(config.Set("temp_directory", options.spill_into.string()));
  if (options.threads > 0) RETURN_IF_ERROR(config.Set("threads", std::to_string(options.threads)));
  return Ok();
}

std::string Doubled(std::string_view text, char quote) {
  std::string quoted(1, quote);
  for (const char c : text) {
    if (c == quote) quoted += quote;
    quoted += c;
  }
  return quoted + quote;
}

}  // namespace

std::string FirstLine(const std::string& message) { return message.substr(0, message.find('\n')); }
std::string SqlText(std::string_view text) { return Doubled(text, '\''); }
std::string SqlName(std::string_view name) { return Doubled(name, '"'); }

// --- Answer
// -----------------------------------------------------------------------------------------------------------

std::string_view ViewOf(const duckdb_string_t& text) {
  const bool is_short = text.value.inlined.length <= sizeof text.value.inlined.inlined;
  return {is_short ? text.value.inlined.inlined : text.value.pointer.ptr, text.value.inlined.length};
}

std::optional<std::string_view> Chunk::Text(std::size_t column, std::size_t row) const {
  const duckdb_vector vector = this->column(column);
  const std::uint64_t* validity = api_->vector_get_validity(vector);
  if (validity != nullptr && (validity[row / 64] >> (row % 64) & 1) == 0) return std::nullopt;
  return ViewOf(static_cast<const duckdb_string_t*>(api_->vector_get_data(vector))[row]);
}

Answer::Answer(const DuckDbApi& api, duckdb_result result) : api_(&api), result_(result) {}
Answer::~Answer() { api_->destroy_result(&result_); }
Answer::Answer(Answer&& other) noexcept : api_(other.api_), result_(std::exchange(other.result_, duckdb_result{})) {}

std::size_t Answer::columns() const { return api_->column_count(const_cast<duckdb_result*>(&result_)); }

std::string_view Answer::name(std::size_t column) const {
  return api_->column_name(const_cast<duckdb_result*>(&result_), column);
}

duckdb_type Answer::type(std::size_t column) const {
  duckdb_logical_type logical = api_->column_logical_type(const_cast<duckdb_result*>(&result_), column);
  const duckdb_type type = api_->get_type_id(logical);
  api_->destroy_logical_type(&logical);
  return type;
}

unsigned Answer::scale(std::size_t column) const {
  duckdb_logical_type logical = api_->column_logical_type(const_cast<duckdb_result*>(&result_), column);
  const unsigned scale = api_->get_type_id(logical) == DUCKDB_TYPE_DECIMAL ? api_->decimal_scale(logical) : 0;
  api_->destroy_logical_type(&logical);
  return scale;
}

Result<std::optional<Chunk>> Answer::Next() {
  duckdb_data_chunk chunk = api_->fetch_chunk(result_);
  if (chunk == nullptr) {
    const char* error = api_->result_error(&result_);
    if (error != nullptr && *error != '\0') return FailureOf(error);
    return std::optional<Chunk>();
  }
  return std::optional<Chunk>(Chunk(*api_, chunk));
}

// --- Database
// ---------------------------------------------------------------------------------------------------------

struct Database::Shared {
  Shared(const DuckDbApi& duckdb, duckdb_database opened) : api(duckdb), database(opened) {}
  ~Shared() { api.close(&database); }
  Shared(const Shared&) = delete;
  Shared& operator=(const Shared&) = delete;
  const DuckDbApi& api;
  duckdb_database database;
};

Database::Database(const DuckDbApi& api, std::shared_ptr<Shared> shared, duckdb_connection connection)
    : api_(&api), shared_(std::move(shared)), connection_(connection) {}

Database::~Database() {
  if (connection_ != nullptr) api_->disconnect(&connection_);
}

Database::Database(Database&& other) noexcept
    : api_(other.api_), shared_(std::move(other.shared_)), connection_(std::exchange(other.connection_, nullptr)) {}

Result<Database> Database::Open(const DatabaseOptions& options) {
  ASSIGN_OR_RETURN(const DuckDbApi* api, LoadDuckDb());
  Config config(*api);
  RETURN_IF_ERROR(Configure(options, config));
  duckdb_database database = nullptr;
  char* error = nullptr;
  if (api->open_ext(nullptr, &database, config.get(), &error) != DuckDBSuccess) {
    const Status failure = FailureOf(error);
    api->free(error);
    return failure;
  }
  auto shared = std::make_shared<Shared>(*api, database);
  return Database(*api, std::move(shared), nullptr).Connect();
}

Result<Database> Database::Connect() const {
  duckdb_connection connection = nullptr;
  if (api_->connect(shared_->database, &connection) != DuckDBSuccess) {
    return Status(Code::kInternal, "DuckDB gives no connection");
  }
  return Database(*api_, shared_, connection);
}

Status Database::Run(const std::string& sql) {
  duckdb_result result{};
  Status status;
  if (api_->query(connection_, sql.c_str(), &result) != DuckDBSuccess) status = FailureOf(api_->result_error(&result));
  api_->destroy_result(&result);
  return status;
}

Result<Answer> Database::Query(const std::string& sql) {
  duckdb_prepared_statement statement = nullptr;
  if (api_->prepare(connection_, sql.c_str(), &statement) != DuckDBSuccess) {
    const Status failure = FailureOf(api_->prepare_error(statement));
    api_->destroy_prepare(&statement);
    return failure;
  }
  duckdb_result result{};
  const bool started = api_->execute_prepared_streaming(statement, &result) == DuckDBSuccess;
  api_->destroy_prepare(&statement);
  Answer answer(*api_, result);
  if (!started) return FailureOf(api_->result_error(&result));
  return answer;
}

Result<std::int64_t> Database::Number(const std::string& sql) {
  ASSIGN_OR_RETURN(Answer answer, Query("SELECT (" + sql + ")::BIGINT"));
  ASSIGN_OR_RETURN(const std::optional<Chunk> chunk, answer.Next());
  if (!chunk || chunk->rows() != 1) return Status(Code::kInternal, "not one row: " + sql);
  const std::uint64_t* validity = api_->vector_get_validity(chunk->column(0));
  if (validity != nullptr && (*validity & 1) == 0) return Status(Code::kNotFound, "no number: " + sql);
  return *static_cast<const std::int64_t*>(api_->vector_get_data(chunk->column(0)));
}

void Database::Interrupt() { api_->interrupt(connection_); }

}  // namespace inferometer::lake
