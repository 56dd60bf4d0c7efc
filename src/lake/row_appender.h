#pragma once
// Records into a table of DuckDB with the lake's columns. Internal to src/lake.

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "lake/columns.h"
#include "lake/database.h"
#include "lake/lake_record.h"

namespace inferometer::lake {

// The number that a DECIMAL with so many digits holds for `value`, and whether that is the value itself.
struct DecimalValue {
  std::int64_t scaled = 0;
  bool is_exact = false;
};
// kInvalidArgument where it does not fit. REQUIRES: finite.
[[nodiscard]] Result<DecimalValue> ToDecimal(double value, int decimals);
// The double that is nearest to the decimal.
[[nodiscard]] double FromDecimal(std::int64_t scaled, int decimals);

// One thread at a time. `database` must outlive it.
class RowAppender {
 public:
  // The table is there and has the lake's columns at `places` (in Columns()), with reals as said, and behind them one
  // of type INTEGER.
  [[nodiscard]] static Result<RowAppender> Open(Database& database, const std::string& table,
                                                std::vector<std::size_t> places = AllPlaces(),
                                                Reals reals = Reals::kDecimal);
  ~RowAppender();
  RowAppender(RowAppender&& other) noexcept;
  RowAppender& operator=(RowAppender&&) = delete;

  // Fails, naming the field, where Add of decimals would.
  [[nodiscard]] static Status Check(const LakeRecord& record);
  // Fails, without a trace in the table, when a value does not fit into its column. After any other failure the table
  // holds an unknown part and the appender is of no further use.
  [[nodiscard]] Status Add(const LakeRecord& record, std::int32_t last_column = 0);
  // What was added is in the table afterwards.
  [[nodiscard]] Status Flush();

 private:
  RowAppender(const DuckDbApi& api, duckdb_appender appender, std::vector<std::size_t> places, Reals reals);
  void MakeChunk();
  [[nodiscard]] Status AppendChunk();
  [[nodiscard]] Status Failure();

  const DuckDbApi* api_;
  duckdb_appender appender_;
  std::vector<std::size_t> places_;
  Reals reals_;
  duckdb_data_chunk chunk_ = nullptr;
  std::size_t rows_ = 0;
  std::size_t most_rows_ = 0;
};

}  // namespace inferometer::lake
