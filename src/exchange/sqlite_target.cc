#include "exchange/sqlite_target.h"

#include <fmt/format.h>
#include <sqlite3.h>

#include <chrono>
#include <utility>

#include "base/timestamp.h"
#include "exchange/database_row.h"
#include "exchange/database_table.h"
#include "exchange/devices_view.h"
#include "exchange/record_key.h"
#include "record/json_write.h"

namespace inferometer::exchange {
namespace {

constexpr std::chrono::milliseconds kWait = std::chrono::seconds(10);

struct CloseDatabase {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
struct FinalizeStatement {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Database = std::unique_ptr<sqlite3, CloseDatabase>;
using Statement = std::unique_ptr<sqlite3_stmt, FinalizeStatement>;

Code CodeOf(int error) {
  switch (error & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return Code::kUnavailable;
    case SQLITE_PERM:
    case SQLITE_READONLY:
    case SQLITE_AUTH: return Code::kPermissionDenied;
    case SQLITE_FULL:
    case SQLITE_NOMEM: return Code::kResourceExhausted;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return Code::kDataLoss;
    default: return Code::kFailedPrecondition;
  }
}

// One prepared statement that changes rows; its cells are bound one after another.
class Change {
 public:
  explicit Change(Statement statement) : statement_(std::move(statement)) {}

  void Null() { ++next_; }  // nothing is bound to it
  void Text(std::string_view text) {
    const std::string storable = StorableText(text);
    sqlite3_bind_text64(statement_.get(), ++next_, storable.data(), storable.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  }
  void Real(double value) { sqlite3_bind_double(statement_.get(), ++next_, value); }
  void Integer(std::int64_t value) { sqlite3_bind_int64(statement_.get(), ++next_, value); }
  void Boolean(bool value) { sqlite3_bind_int(statement_.get(), ++next_, value ? 1 : 0); }
  void Time(WallTime time) { Text(base::FormatRfc3339(time)); }
  void Json(std::string_view json) { Text(json); }
  // A JSON list: SQLite has no lists.
  void TextList(const std::vector<std::string>& list) {
    std::string json = "[";
    for (const std::string& text : list) {
      if (json.size() > 1) json += ',';
      record::AppendQuoted(text, json);
    }
    Text(json + "]");
  }

  // SQLite's result code.
  int Run() {
    const int result = sqlite3_step(statement_.get());
    sqlite3_reset(statement_.get());
    sqlite3_clear_bindings(statement_.get());
    next_ = 0;
    return result;
  }

 private:
  Statement statement_;
  int next_ = 0;
};

// One thread at a time.
class SqliteTarget final : public DatabaseTarget {
 public:
  SqliteTarget(std::string name, Database database) : name_(std::move(name)), database_(std::move(database)) {}

  Status SetUp() {
    sqlite3_busy_timeout(database_.get(), static_cast<int>(kWait.count()));
    RETURN_IF_ERROR(Run("BEGIN IMMEDIATE"));
    for (const Table* table : AllTables()) RETURN_IF_ERROR(SetUpTable(*table));
    RETURN_IF_ERROR(SetUpDevices());
    RETURN_IF_ERROR(Run("COMMIT"));
    ASSIGN_OR_RETURN(records_, Prepare(RecordsTable()));
    ASSIGN_OR_RETURN(contexts_, Prepare(ContextsTable()));
    ASSIGN_OR_RETURN(loads_, Prepare(LoadsTable()));
    ASSIGN_OR_RETURN(losses_, Prepare(LossesTable()));
    ASSIGN_OR_RETURN(Statement statement, Compile(std::string(DeleteHeldLossesSql(Dialect::kSqlite))));
    held_losses_ = std::make_unique<Change>(std::move(statement));
    return Ok();
  }

  Status Put(const analyze::RecordOrigin& origin, const InferenceRecord& record) override {
    RETURN_IF_ERROR(Begin());
    if (context_.Update(origin.context)) {
      PutContextRow(*context_.row(), *contexts_);
      RETURN_IF_ERROR(Done(contexts_->Run()));
    }
    PutRecordRow({RecordKeyOf(record), origin.file.folder_name, context_.key()}, record, *records_);
    RETURN_IF_ERROR(Done(records_->Run()));
    changed_ += static_cast<std::uint64_t>(sqlite3_changes64(database_.get()));
    return ++in_batch_ == kRecordsPerBatch ? Commit() : Ok();
  }

  Status PutLoad(const analyze::RecordOrigin& origin) override {
    RETURN_IF_ERROR(Begin());
    PutLoadRow(MakeLoadRow(origin.file.folder_name, origin.context), *loads_);
    return Done(loads_->Run());
  }

  Status PutLosses(std::span<const analyze::ReportedLoss> losses) override {
    RETURN_IF_ERROR(Begin());
    for (const analyze::ReportedLoss& loss : losses) {
      const LossRow row = MakeLossRow(loss);
      for (const std::string* text : {&row.device_id, &row.stream}) held_losses_->Text(*text);
      for (const std::int64_t sequence : {row.first_sequence, row.last_sequence}) held_losses_->Integer(sequence);
      RETURN_IF_ERROR(Done(held_losses_->Run()));
      PutLossRow(row, *losses_);
      RETURN_IF_ERROR(Done(losses_->Run()));
    }
    return Commit();
  }

  Status Finish() override { return Commit(); }
  [[nodiscard]] const std::vector<std::string>& added_columns() const override { return added_; }
  [[nodiscard]] std::uint64_t changed_records() const override { return changed_; }

 private:
  [[nodiscard]] Status Failure() const {
    const int error = sqlite3_extended_errcode(database_.get());
    return {CodeOf(error), fmt::format("{}: {}", name_, sqlite3_errmsg(database_.get()))};
  }
  [[nodiscard]] Status Done(int result) const { return result == SQLITE_DONE ? Ok() : Failure(); }
  Status Run(const std::string& sql) {
    return sqlite3_exec(database_.get(), sql.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK ? Ok() : Failure();
  }
  Status Begin() {
    if (std::exchange(is_open_, true)) return Ok();
    return Run("BEGIN IMMEDIATE");
  }
  Status Commit() {
    in_batch_ = 0;
    return std::exchange(is_open_, false) ? Run("COMMIT") : Ok();
  }

  Result<Statement> Compile(const std::string& sql) {
    sqlite3_stmt* statement = nullptr;
    const int result =
        sqlite3_prepare_v2(database_.get(), sql.data(), static_cast<int>(sql.size()), &statement, nullptr);
    Statement owned(statement);
    if (result != SQLITE_OK) return Failure();
    return owned;
  }

  Result<std::unique_ptr<Change>> Prepare(const Table& table) {
    std::string values = "VALUES (?";
    for (std::size_t i = 1; i < table.columns.size(); ++i) values += ",?";
    ASSIGN_OR_RETURN(Statement statement, Compile(UpsertSql(table, values + ")", Dialect::kSqlite)));
    return std::make_unique<Change>(std::move(statement));
  }

  Result<std::vector<FoundColumn>> Columns(std::string_view table) {
    ASSIGN_OR_RETURN(const Statement statement,
                     Compile(fmt::format("SELECT name, type, pk, (SELECT max(pk) FROM pragma_table_info('{0}')) "
                                         "FROM pragma_table_info('{0}')",
                                         table)));
    std::vector<FoundColumn> found;
    int result = 0;
    while ((result = sqlite3_step(statement.get())) == SQLITE_ROW) {
      const auto text = [&](int column) {
        const void* bytes = sqlite3_column_blob(statement.get(), column);
        const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement.get(), column));
        return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
      };
      found.push_back({text(0), text(1),
                       sqlite3_column_int(statement.get(), 2) == 1 && sqlite3_column_int(statement.get(), 3) == 1});
    }
    RETURN_IF_ERROR(Done(result));
    return found;
  }

  Status SetUpDevices() {
    ASSIGN_OR_RETURN(const auto found, Columns("devices"));
    const auto lacks = LacksDevices(found);
    if (!lacks.ok()) return Status(lacks.status().code(), name_ + ": " + lacks.status().message());
    return *lacks ? Run(CreateDevicesSql(Dialect::kSqlite)) : Ok();
  }

  Status SetUpTable(const Table& table) {
    RETURN_IF_ERROR(Run(CreateTableSql(table, Dialect::kSqlite)));
    ASSIGN_OR_RETURN(const auto found, Columns(table.name));
    const auto missing = MissingColumns(table, found, Dialect::kSqlite);
    if (!missing.ok()) return Status(missing.status().code(), name_ + ": " + missing.status().message());
    for (const Column& column : *missing) {
      RETURN_IF_ERROR(Run(AddColumnSql(table, column, Dialect::kSqlite)));
      added_.push_back(fmt::format("{}.{}", table.name, column.name));
    }
    return Ok();
  }

  const std::string name_;
  Database database_;
  std::unique_ptr<Change> records_;
  std::unique_ptr<Change> contexts_;
  std::unique_ptr<Change> loads_;
  std::unique_ptr<Change> losses_;
  std::unique_ptr<Change> held_losses_;  // deletes them
  LatestContext context_;
  std::vector<std::string> added_;
  std::uint64_t changed_ = 0;
  std::size_t in_batch_ = 0;
  bool is_open_ = false;  // a transaction
};

}  // namespace

Result<std::unique_ptr<DatabaseTarget>> OpenSqliteTarget(const std::filesystem::path& file) {
  const std::string name = file.string();
  // Absolute, so that no name means anything special to SQLite.
  const std::string path = std::filesystem::absolute(file).string();
  sqlite3* opened = nullptr;
  const int result =
      sqlite3_open_v2(path.c_str(), &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(opened);
  if (result != SQLITE_OK) {
    return Status(CodeOf(result),
                  fmt::format("{}: {}", name, opened != nullptr ? sqlite3_errmsg(opened) : "no memory"));
  }
  auto target = std::make_unique<SqliteTarget>(name, std::move(database));
  RETURN_IF_ERROR(target->SetUp());
  return std::unique_ptr<DatabaseTarget>(std::move(target));
}

}  // namespace inferometer::exchange
