#pragma once
// SQL over records, for somebody who is to read them and nothing else: by construction no file, no network, no
// extension and no setting is reachable from a query, and none changes anything.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "lake/lake_record.h"

namespace inferometer::lake {

// One load of a model, as loading_metrics.json has it.
struct LoadRow {
  std::optional<WallTime> timestamp;
  std::string device_id;
  std::string device_name;
  std::string model_name;
  std::optional<double> load_time_seconds;
};

// Records that a device reported lost.
struct LossRow {
  std::string device_id;
  std::string stream;
  std::uint64_t first_sequence = 0;
  std::uint64_t last_sequence = 0;
  std::uint64_t count = 0;
  std::string reason;
};

enum class ValueKind { kText, kNumber, kBoolean, kJson };

struct QueryColumn {
  std::string name;
  ValueKind kind = ValueKind::kText;
};

// A row's values as text, in the order of the columns; nothing is NULL. Numbers as they are written to the digit, times
// as RFC 3339 in UTC, lists and structures as JSON.
using QueryRow = std::vector<std::optional<std::string_view>>;

struct SqlSessionOptions {
  std::vector<std::filesystem::path> lake_files;
  std::size_t memory_mb = 512;
  std::filesystem::path spill_into;  // a folder for what does not fit; empty: such a query fails
  std::string sql{};  // the only one that will be asked, so that what it does not read needs not be kept;
                      // empty: any may be
};

// First all is added, then it is sealed, then asked. One thread at a time, but for Interrupt. The views are
// `records` (the lake's columns, of its files and of what was added), `loads`, `devices` and `losses`.
class SqlSession {
 public:
  // kUnavailable where there is no DuckDB.
  [[nodiscard]] static Result<SqlSession> Open(const SqlSessionOptions& options);
  ~SqlSession();
  SqlSession(SqlSession&&) noexcept;
  SqlSession& operator=(SqlSession&&) = delete;

  // Whether the query may read a column, of `records` or through `devices`.
  [[nodiscard]] bool Reads(std::string_view column) const;
  // A record that is not in the lake's files.
  [[nodiscard]] Status Add(const LakeRecord& record);
  [[nodiscard]] Status Add(const LoadRow& load);
  [[nodiscard]] Status Add(const LossRow& loss);
  // From here on nothing but `output`, if there is one, can be opened by anything that runs.
  [[nodiscard]] Status Seal(const std::optional<std::filesystem::path>& output = std::nullopt);

  // Runs one SELECT and hands its columns and rows on, which live for the call. Stops at the first failure of a
  // receiver and returns it. kInvalidArgument for any other SQL, and for what DuckDB finds wrong with it.
  [[nodiscard]] Status Query(const std::string& sql,
                             const std::function<Status(const std::vector<QueryColumn>&)>& columns,
                             const std::function<Status(const QueryRow&)>& row);
  // Runs one SELECT and writes its rows into `output` as Parquet.
  [[nodiscard]] Status QueryToParquet(const std::string& sql, const std::filesystem::path& output);
  // Ends what runs; it fails with kCancelled. Safe from any thread.
  void Interrupt();

 private:
  struct State;
  explicit SqlSession(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::lake
