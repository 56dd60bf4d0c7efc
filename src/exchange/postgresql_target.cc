#include "exchange/postgresql_target.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "analyze/fingerprint.h"
#include "analyze/fingerprint_set.h"
#include "base/timestamp.h"
#include "exchange/database_row.h"
#include "exchange/database_table.h"
#include "exchange/devices_view.h"
#include "exchange/postgresql_connection.h"
#include "exchange/postgresql_copy.h"
#include "exchange/record_key.h"

namespace inferometer::exchange {
namespace {

constexpr std::size_t kCopyBytes = std::size_t{1} << 16;
constexpr std::size_t kMostBatchBytes = std::size_t{1} << 25;  // a batch of usual records has half as many
constexpr std::string_view kStaging = "inferometer_staging";
constexpr std::string_view kUniqueViolation = "23505";

// pg_advisory_lock takes a number: this one is ours ("inferome").
constexpr std::string_view kLock = "SELECT pg_advisory_lock(7596835243154170213)";

constexpr std::string_view kColumns =
    "SELECT a.attname, format_type(a.atttypid, a.atttypmod), EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = "
    "a.attrelid AND i.indisunique AND i.indpred IS NULL AND i.indnkeyatts = 1 AND i.indkey[0] = a.attnum) "
    "FROM pg_attribute a WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped";

// One thread at a time.
class PostgresqlTarget final : public DatabaseTarget {
 public:
  PostgresqlTarget(std::string name, PostgresqlConnection connection)
      : name_(std::move(name)), connection_(std::move(connection)) {}

  Status SetUp() {
    RETURN_IF_ERROR(Run("SET lock_timeout = '60s'"));
    RETURN_IF_ERROR(Lock());
    RETURN_IF_ERROR(Run("BEGIN"));
    for (const Table* table : AllTables()) RETURN_IF_ERROR(SetUpTable(*table));
    RETURN_IF_ERROR(SetUpDevices());
    RETURN_IF_ERROR(Run("COMMIT"));
    return Run(fmt::format("CREATE TEMPORARY TABLE {} ON COMMIT DELETE ROWS AS SELECT {} FROM records WITH NO DATA",
                           kStaging, ColumnNames(RecordsTable())));
  }

  Status Put(const analyze::RecordOrigin& origin, const InferenceRecord& record) override {
    const std::string key = RecordKeyOf(record);
    // No row can be merged twice in one statement; only a hostile directory has a key twice.
    if (!keys_.Insert(analyze::FingerprintOfText(key))) {
      RETURN_IF_ERROR(EndBatch());
      keys_.Insert(analyze::FingerprintOfText(key));
    }
    if (in_batch_ == 0) RETURN_IF_ERROR(BeginBatch());
    if (context_.Update(origin.context)) contexts_.push_back(*context_.row());
    copy_.BeginRow(RecordsTable().columns.size());
    PutRecordRow({key, origin.file.folder_name, context_.key()}, record, copy_);
    ++in_batch_;
    if (batch_.size() - sent_ >= kCopyBytes) RETURN_IF_ERROR(Send());
    return in_batch_ == kRecordsPerBatch || batch_.size() >= kMostBatchBytes ? EndBatch() : Ok();
  }

  Status PutLoad(const analyze::RecordOrigin& origin) override {
    if (in_batch_ > 0) RETURN_IF_ERROR(EndBatch());
    const LoadRow row = MakeLoadRow(origin.file.folder_name, origin.context);
    const auto as_text = [](const auto& value, auto text) {
      return value ? std::optional<std::string>(text(*value)) : std::nullopt;
    };
    return connection_
        .Run(UpsertSql(LoadsTable(), "VALUES ($1, $2, $3, $4, $5, $6, $7)", Dialect::kPostgresql),
             {row.key, row.device_name, as_text(row.timestamp, base::FormatRfc3339), row.device_id, row.model_name,
              as_text(row.load_time_seconds, [](double seconds) { return fmt::format("{}", seconds); }), row.json})
        .status();
  }

  Status PutLosses(std::span<const analyze::ReportedLoss> losses) override {
    if (in_batch_ > 0) RETURN_IF_ERROR(EndBatch());
    RETURN_IF_ERROR(Run("BEGIN"));
    for (const analyze::ReportedLoss& loss : losses) RETURN_IF_ERROR(PutLoss(MakeLossRow(loss)));
    return Run("COMMIT");
  }

  Status Finish() override { return in_batch_ > 0 ? EndBatch() : Ok(); }
  [[nodiscard]] const std::vector<std::string>& added_columns() const override { return added_; }
  [[nodiscard]] std::uint64_t changed_records() const override { return changed_; }

 private:
  Status Run(const std::string& sql) { return connection_.Run(sql).status(); }

  Status Lock() {
    const Status locked = Run(std::string(kLock));
    if (locked.code() != Code::kUnavailable) return locked;
    return {locked.code(), locked.message() + "; another export may be writing there: try again when it has ended"};
  }

  Status PutLoss(const LossRow& row) {
    const std::string first = std::to_string(row.first_sequence);
    const std::string last = std::to_string(row.last_sequence);
    RETURN_IF_ERROR(
        connection_
            .Run(std::string(DeleteHeldLossesSql(Dialect::kPostgresql)), {row.device_id, row.stream, first, last})
            .status());
    return connection_
        .Run(UpsertSql(LossesTable(), "VALUES ($1, $2, $3, $4, $5, $6, $7)", Dialect::kPostgresql),
             {row.key, row.device_id, row.stream, first, last, std::to_string(row.count), row.reason})
        .status();
  }

  Result<std::vector<FoundColumn>> ColumnsOf(std::string_view table) {
    ASSIGN_OR_RETURN(const PostgresqlRows rows, connection_.Run(std::string(kColumns), {std::string(table)}));
    std::vector<FoundColumn> found;
    found.reserve(rows.rows.size());
    for (const auto& row : rows.rows) found.push_back({row[0].value_or(""), row[1].value_or(""), row[2] == "t"});
    return found;
  }

  Status SetUpDevices() {
    ASSIGN_OR_RETURN(const auto found, ColumnsOf("devices"));
    const auto lacks = LacksDevices(found);
    if (!lacks.ok()) return Status(lacks.status().code(), name_ + ": " + lacks.status().message());
    return *lacks ? Run(CreateDevicesSql(Dialect::kPostgresql)) : Ok();
  }

  Status SetUpTable(const Table& table) {
    RETURN_IF_ERROR(Run(CreateTableSql(table, Dialect::kPostgresql)));
    ASSIGN_OR_RETURN(const auto found, ColumnsOf(table.name));
    const auto missing = MissingColumns(table, found, Dialect::kPostgresql);
    if (!missing.ok()) return Status(missing.status().code(), name_ + ": " + missing.status().message());
    for (const Column& column : *missing) {
      RETURN_IF_ERROR(Run(AddColumnSql(table, column, Dialect::kPostgresql)));
      added_.push_back(fmt::format("{}.{}", table.name, column.name));
    }
    return Ok();
  }

  Status BeginBatch() {
    copy_.BeginFile();
    return BeginCopy(expects_new_ ? RecordsTable().name : kStaging);
  }

  Status BeginCopy(std::string_view table) {
    RETURN_IF_ERROR(Run("BEGIN"));
    return connection_.BeginCopy(
        fmt::format("COPY {} ({}) FROM STDIN (FORMAT binary)", table, ColumnNames(RecordsTable())));
  }

  Status Send() {
    const std::string_view unsent = std::string_view(batch_).substr(sent_);
    sent_ = batch_.size();
    return connection_.Copy(unsent);
  }

  Status EndBatch() {
    copy_.EndFile();
    RETURN_IF_ERROR(Send());
    RETURN_IF_ERROR(expects_new_ ? EndNew() : EndStaged());
    for (const ContextRow& context : std::exchange(contexts_, {})) {
      const std::string sql = UpsertSql(ContextsTable(), "VALUES ($1, $2)", Dialect::kPostgresql);
      RETURN_IF_ERROR(connection_.Run(sql, {context.key, context.json}).status());
    }
    in_batch_ = 0;
    keys_ = analyze::FingerprintSet(kRecordsPerBatch);
    sent_ = 0;
    batch_.clear();
    return Run("COMMIT");
  }

  // All records of the batch were expected to be new. When one was not, the batch is sent once more.
  Status EndNew() {
    const Status copied = connection_.EndCopy();
    if (copied.ok()) changed_ += in_batch_;
    if (copied.ok() || connection_.latest_state() != kUniqueViolation) return copied;
    RETURN_IF_ERROR(Run("ROLLBACK"));
    RETURN_IF_ERROR(BeginCopy(kStaging));
    RETURN_IF_ERROR(connection_.Copy(batch_));
    return EndStaged();
  }

  Status EndStaged() {
    RETURN_IF_ERROR(connection_.EndCopy());
    ASSIGN_OR_RETURN(const PostgresqlRows merged, connection_.Run(merge_));
    changed_ += merged.affected;
    expects_new_ = merged.affected == in_batch_;
    return Ok();
  }

  const std::string name_;
  PostgresqlConnection connection_;
  const std::string merge_ = UpsertSql(
      RecordsTable(), fmt::format("SELECT {} FROM {}", ColumnNames(RecordsTable()), kStaging), Dialect::kPostgresql);
  std::string batch_;     // what is copied
  std::size_t sent_ = 0;  // bytes of it
  BinaryCopy copy_{batch_};
  bool expects_new_ = true;                         // that no record of the batch is stored already
  analyze::FingerprintSet keys_{kRecordsPerBatch};  // of this batch
  LatestContext context_;
  std::vector<ContextRow> contexts_;  // of this batch
  std::vector<std::string> added_;
  std::uint64_t changed_ = 0;
  std::size_t in_batch_ = 0;
};

}  // namespace

Result<std::unique_ptr<DatabaseTarget>> OpenPostgresqlTarget(const PostgresqlUrl& url) {
  ASSIGN_OR_RETURN(PostgresqlConnection connection, PostgresqlConnection::Open(url));
  auto target = std::make_unique<PostgresqlTarget>(url.display(), std::move(connection));
  RETURN_IF_ERROR(target->SetUp());
  return std::unique_ptr<DatabaseTarget>(std::move(target));
}

}  // namespace inferometer::exchange
