#pragma once
// One DuckDB in this process: SQL in, rows out in chunks. Internal to src/lake and its tests: nothing above includes
// it.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "lake/duckdb_api.h"

namespace inferometer::lake {

struct DatabaseOptions {
  unsigned threads = 0;              // 0: one a core
  std::size_t memory_mb = 256;       // of DuckDB's own buffers
  std::filesystem::path spill_into;  // a folder for what does not fit; empty: a query that needs more fails
};

// Some rows of an answer, at most vector_size() of them, column by column. Lives until the next is fetched.
class Chunk {
 public:
  Chunk(const DuckDbApi& api, duckdb_data_chunk chunk) : api_(&api), chunk_(chunk) {}
  ~Chunk() {
    if (chunk_ != nullptr) api_->destroy_data_chunk(&chunk_);
  }
  Chunk(Chunk&& other) noexcept : api_(other.api_), chunk_(std::exchange(other.chunk_, nullptr)) {}
  Chunk& operator=(Chunk&& other) noexcept {
    std::swap(api_, other.api_);
    std::swap(chunk_, other.chunk_);
    return *this;
  }
  [[nodiscard]] std::size_t rows() const { return api_->data_chunk_get_size(chunk_); }
  [[nodiscard]] duckdb_vector column(std::size_t i) const { return api_->data_chunk_get_vector(chunk_, i); }
  // The text in a column of texts; nothing where it is NULL. Lives as long as the chunk.
  [[nodiscard]] std::optional<std::string_view> Text(std::size_t column, std::size_t row) const;

 private:
  const DuckDbApi* api_;
  duckdb_data_chunk chunk_;
};

// The answer of one SELECT, fetched as it is computed. Must not outlive its connection. One thread at a time.
class Answer {
 public:
  Answer(const DuckDbApi& api, duckdb_result result);
  ~Answer();
  Answer(Answer&& other) noexcept;
  Answer& operator=(Answer&&) = delete;

  [[nodiscard]] std::size_t columns() const;
  [[nodiscard]] std::string_view name(std::size_t column) const;
  [[nodiscard]] duckdb_type type(std::size_t column) const;
  // Of a DECIMAL: digits behind the point; 0 for other types.
  [[nodiscard]] unsigned scale(std::size_t column) const;
  // The next rows; nothing at the end.
  [[nodiscard]] Result<std::optional<Chunk>> Next();

 private:
  const DuckDbApi* api_;
  duckdb_result result_;
};

// A connection to the process's own, empty database. One thread at a time, but for Interrupt. Movable.
class Database {
 public:
  // No extension is installed or loaded by itself, and nothing is fetched from a network.
  [[nodiscard]] static Result<Database> Open(const DatabaseOptions& options);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  // A second connection to the same database, for another thread.
  [[nodiscard]] Result<Database> Connect() const;
  // Runs one or several statements whose rows nobody wants.
  [[nodiscard]] Status Run(const std::string& sql);
  // Runs one SELECT.
  [[nodiscard]] Result<Answer> Query(const std::string& sql);
  // The one number in the one row of an answer.
  [[nodiscard]] Result<std::int64_t> Number(const std::string& sql);
  // Ends what runs; it then fails with kCancelled. Safe from any thread.
  void Interrupt();

  [[nodiscard]] const DuckDbApi& api() const { return *api_; }
  [[nodiscard]] duckdb_connection connection() const { return connection_; }

 private:
  struct Shared;  // the database itself, closed with its last connection
  Database(const DuckDbApi& api, std::shared_ptr<Shared> shared, duckdb_connection connection);

  const DuckDbApi* api_;
  std::shared_ptr<Shared> shared_;
  duckdb_connection connection_ = nullptr;
};

// What a vector's slot holds. Lives as long as its chunk.
[[nodiscard]] std::string_view ViewOf(const duckdb_string_t& text);

// What DuckDB says, without its pointer into SQL that the user did not write.
[[nodiscard]] std::string FirstLine(const std::string& message);

// 'text' as SQL spells it.
[[nodiscard]] std::string SqlText(std::string_view text);
// "name" as SQL spells it.
[[nodiscard]] std::string SqlName(std::string_view name);

}  // namespace inferometer::lake
