#pragma once
// libpq, looked for at run time: linked to the program, it and the twenty libraries that it needs would cost every
// start milliseconds and every device megabytes, and few export to PostgreSQL. Internal: libpq's types appear here and
// in the files that include this, and nowhere above.

#include <libpq-fe.h>

#include <memory>
#include <optional>
#include <string>

#include "inferometer/status.h"
#include "os/shared_library.h"

namespace inferometer::exchange {

// The functions under their names without PQ. Immutable; safe from any thread as far as libpq is.
class PostgresqlLibrary {
 public:
  // kNotFound and kUnavailable say what to install.
  [[nodiscard]] static Result<std::unique_ptr<const PostgresqlLibrary>> Load(const std::string& name);
  // The system's, loaded at the first call and kept for the whole program.
  [[nodiscard]] static Result<const PostgresqlLibrary*> Get();

  decltype(&PQconninfoParse) conninfo_parse = nullptr;
  decltype(&PQconninfoFree) conninfo_free = nullptr;
  decltype(&PQconnectdb) connectdb = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQstatus) status = nullptr;
  decltype(&PQerrorMessage) error_message = nullptr;
  decltype(&PQsetNoticeReceiver) set_notice_receiver = nullptr;
  decltype(&PQsetClientEncoding) set_client_encoding = nullptr;
  decltype(&PQexec) exec = nullptr;
  decltype(&PQexecParams) exec_params = nullptr;
  decltype(&PQputCopyData) put_copy_data = nullptr;
  decltype(&PQputCopyEnd) put_copy_end = nullptr;
  decltype(&PQgetResult) get_result = nullptr;
  decltype(&PQclear) clear = nullptr;
  decltype(&PQresultStatus) result_status = nullptr;
  decltype(&PQresultErrorField) result_error_field = nullptr;
  decltype(&PQcmdTuples) cmd_tuples = nullptr;
  decltype(&PQntuples) ntuples = nullptr;
  decltype(&PQnfields) nfields = nullptr;
  decltype(&PQgetisnull) getisnull = nullptr;
  decltype(&PQgetvalue) getvalue = nullptr;

 private:
  PostgresqlLibrary() = default;

  std::optional<os::SharedLibrary> library_;
};

}  // namespace inferometer::exchange
