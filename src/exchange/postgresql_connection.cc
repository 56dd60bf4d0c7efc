#include "exchange/postgresql_connection.h"

#include <fmt/format.h>

#include <charconv>
#include <utility>

#include "exchange/postgresql_library.h"

namespace inferometer::exchange {
namespace {

struct Clear {
  const PostgresqlLibrary* pq;
  void operator()(PGresult* result) const { pq->clear(result); }
};
using PgResult = std::unique_ptr<PGresult, Clear>;

std::string FirstLine(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

// Appendix A, PostgreSQL Error Codes.
Code CodeOf(std::string_view state) {
  if (state == "42501") return Code::kPermissionDenied;
  if (state.starts_with("53")) return Code::kResourceExhausted;
  if (state.starts_with("08") || state.starts_with("57") || state.starts_with("40") || state == "55P03") {
    return Code::kUnavailable;
  }
  return Code::kFailedPrecondition;
}

std::string Field(const PostgresqlLibrary& pq, const PGresult* result, int field) {
  const char* text = pq.result_error_field(result, field);
  return text != nullptr ? text : "";
}

PostgresqlRows RowsOf(const PostgresqlLibrary& pq, PGresult* result) {
  PostgresqlRows rows;
  const std::string_view affected = pq.cmd_tuples(result);
  std::from_chars(affected.data(), affected.data() + affected.size(), rows.affected);
  for (int row = 0; row < pq.ntuples(result); ++row) {
    auto& cells = rows.rows.emplace_back();
    for (int column = 0; column < pq.nfields(result); ++column) {
      const bool is_null = pq.getisnull(result, row, column) != 0;
      cells.push_back(is_null ? std::nullopt : std::optional<std::string>(pq.getvalue(result, row, column)));
    }
  }
  return rows;
}

void DropNotice(void*, const PGresult*) {}

}  // namespace

struct PostgresqlConnection::Session {
  const PostgresqlLibrary& pq;
  PGconn* connection;
  std::string latest_state;

  [[nodiscard]] PgResult Own(PGresult* result) const { return {result, Clear{&pq}}; }

  // The failure that a result tells of; without one, the connection's.
  [[nodiscard]] Status FailureOf(const PGresult* result, const PostgresqlUrl& url) {
    latest_state = result != nullptr ? Field(pq, result, PG_DIAG_SQLSTATE) : "";
    const bool is_gone = pq.status(connection) != CONNECTION_OK;
    std::string message = result != nullptr ? Field(pq, result, PG_DIAG_MESSAGE_PRIMARY) : "";
    const std::string detail = result != nullptr ? Field(pq, result, PG_DIAG_MESSAGE_DETAIL) : "";
    if (message.empty()) message = FirstLine(pq.error_message(connection));
    if (!detail.empty()) message += " (" + detail + ")";
    const Code code = is_gone ? Code::kUnavailable : CodeOf(latest_state);
    return {code, url.WithoutSecrets(fmt::format("{}: {}", url.display(), message))};
  }
};

void PostgresqlConnection::Close::operator()(Session* session) const {
  session->pq.finish(session->connection);
  delete session;
}

PostgresqlConnection::PostgresqlConnection(PostgresqlUrl url, std::unique_ptr<Session, Close> session)
    : url_(std::move(url)), session_(std::move(session)) {}

Status PostgresqlConnection::Failure() const { return session_->FailureOf(nullptr, url_); }

const std::string& PostgresqlConnection::latest_state() const { return session_->latest_state; }

Result<PostgresqlConnection> PostgresqlConnection::Open(const PostgresqlUrl& url) {
  ASSIGN_OR_RETURN(const PostgresqlLibrary* const pq, PostgresqlLibrary::Get());
  PGconn* plain = pq->connectdb(url.text().c_str());
  PostgresqlConnection connection(url, std::unique_ptr<Session, Close>(new Session{*pq, plain, ""}));
  if (pq->status(plain) != CONNECTION_OK) return connection.Failure();
  pq->set_notice_receiver(plain, DropNotice, nullptr);
  if (pq->set_client_encoding(plain, "UTF8") != 0) return connection.Failure();
  return connection;
}

Result<PostgresqlRows> PostgresqlConnection::Run(const std::string& sql,
                                                 const std::vector<std::optional<std::string>>& parameters) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const auto& parameter : parameters) values.push_back(parameter ? parameter->c_str() : nullptr);
  const PostgresqlLibrary& pq = session_->pq;
  const PgResult result = session_->Own(pq.exec_params(
      session_->connection, sql.c_str(), static_cast<int>(values.size()), nullptr, values.data(), nullptr, nullptr, 0));
  const auto status = pq.result_status(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) return session_->FailureOf(result.get(), url_);
  return RowsOf(pq, result.get());
}

Status PostgresqlConnection::BeginCopy(const std::string& sql) {
  const PgResult result = session_->Own(session_->pq.exec(session_->connection, sql.c_str()));
  const bool has_begun = session_->pq.result_status(result.get()) == PGRES_COPY_IN;
  return has_begun ? Ok() : session_->FailureOf(result.get(), url_);
}

Status PostgresqlConnection::Copy(std::string_view bytes) {
  const int taken = session_->pq.put_copy_data(session_->connection, bytes.data(), static_cast<int>(bytes.size()));
  return taken == 1 ? Ok() : Failure();
}

Status PostgresqlConnection::EndCopy() {
  const PostgresqlLibrary& pq = session_->pq;
  if (pq.put_copy_end(session_->connection, nullptr) != 1) return Failure();
  Status status;
  // To the end, as libpq wants it.
  while (const PgResult result = session_->Own(pq.get_result(session_->connection))) {
    if (status.ok() && pq.result_status(result.get()) != PGRES_COMMAND_OK) {
      status = session_->FailureOf(result.get(), url_);
    }
  }
  return status;
}

}  // namespace inferometer::exchange
