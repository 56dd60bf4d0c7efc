#include "exchange/postgresql_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>

#include <charconv>
#include <utility>

namespace inferometer::exchange {
namespace {

struct Clear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using PgResult = std::unique_ptr<PGresult, Clear>;

std::string FirstLine(std::string text) { return text.substr(0, text.find('\n')); }

// Appendix A, PostgreSQL Error Codes.
Code CodeOf(std::string_view state) {
  if (state == "42501") return Code::kPermissionDenied;
  if (state.starts_with("53")) return Code::kResourceExhausted;
  if (state.starts_with("08") || state.starts_with("57") || state.starts_with("40") || state == "55P03") {
    return Code::kUnavailable;
  }
  return Code::kFailedPrecondition;
}

std::string Field(const PGresult* result, int field) {
  const char* text = PQresultErrorField(result, field);
  return text != nullptr ? text : "";
}

PostgresqlRows RowsOf(PGresult* result) {
  PostgresqlRows rows;
  const std::string_view affected = PQcmdTuples(result);
  std::from_chars(affected.data(), affected.data() + affected.size(), rows.affected);
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& cells = rows.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      const bool is_null = PQgetisnull(result, row, column) != 0;
      cells.push_back(is_null ? std::nullopt : std::optional<std::string>(PQgetvalue(result, row, column)));
    }
  }
  return rows;
}

void DropNotice(void*, const PGresult*) {}

}  // namespace

struct PostgresqlConnection::Session {
  PGconn* connection = nullptr;
  std::string latest_state;

  // The failure that a result tells of; without one, the connection's.
  [[nodiscard]] Status FailureOf(const PGresult* result, const PostgresqlUrl& url) {
    latest_state = result != nullptr ? Field(result, PG_DIAG_SQLSTATE) : "";
    const bool is_gone = PQstatus(connection) != CONNECTION_OK;
    std::string message = result != nullptr ? Field(result, PG_DIAG_MESSAGE_PRIMARY) : "";
    const std::string detail = result != nullptr ? Field(result, PG_DIAG_MESSAGE_DETAIL) : "";
    if (message.empty()) message = FirstLine(PQerrorMessage(connection));
    if (!detail.empty()) message += " (" + detail + ")";
    const Code code = is_gone ? Code::kUnavailable : CodeOf(latest_state);
    return {code, url.WithoutSecrets(fmt::format("{}: {}", url.display(), message))};
  }
};

void PostgresqlConnection::Close::operator()(Session* session) const {
  PQfinish(session->connection);
  delete session;
}

PostgresqlConnection::PostgresqlConnection(PostgresqlUrl url, std::unique_ptr<Session, Close> session)
    : url_(std::move(url)), session_(std::move(session)) {}

Status PostgresqlConnection::Failure() const { return session_->FailureOf(nullptr, url_); }

const std::string& PostgresqlConnection::latest_state() const { return session_->latest_state; }

Result<PostgresqlConnection> PostgresqlConnection::Open(const PostgresqlUrl& url) {
  std::unique_ptr<Session, Close> session(new Session);
  session->connection = PQconnectdb(url.text().c_str());
  PostgresqlConnection connection(url, std::move(session));
  PGconn* plain = connection.session_->connection;
  if (PQstatus(plain) != CONNECTION_OK) return connection.Failure();
  PQsetNoticeReceiver(plain, DropNotice, nullptr);
  if (PQsetClientEncoding(plain, "UTF8") != 0) return connection.Failure();
  return connection;
}

Result<PostgresqlRows> PostgresqlConnection::Run(const std::string& sql,
                                                 const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const PgResult result(PQexecParams(session_->connection, sql.c_str(), static_cast<int>(values.size()), nullptr,
                                     values.data(), nullptr, nullptr, 0));
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return session_->FailureOf(result.get(), url_);
  return RowsOf(result.get());
}

Status PostgresqlConnection::BeginCopy(const std::string& sql) {
  const PgResult result(PQexec(session_->connection, sql.c_str()));
  return PQresultStatus(result.get()) == PGRES_COPY_IN ? Ok() : session_->FailureOf(result.get(), url_);
}

Status PostgresqlConnection::Copy(std::string_view bytes) {
  const int taken = PQputCopyData(session_->connection, bytes.data(), static_cast<int>(bytes.size()));
  return taken == 1 ? Ok() : Failure();
}

Status PostgresqlConnection::EndCopy() {
  if (PQputCopyEnd(session_->connection, nullptr) != 1) return Failure();
  Status status;
  // To the end, as libpq wants it.
  while (const PgResult result{PQgetResult(session_->connection)}) {
    if (status.ok() && PQresultStatus(result.get()) != PGRES_COMMAND_OK) {
      status = session_->FailureOf(result.get(), url_);
    }
  }
  return status;
}

}  // namespace inferometer::exchange
