#include "exchange/postgresql_library.h"

#include <utility>

namespace inferometer::exchange {
namespace {

constexpr const char* kName = "libpq.so.5";
constexpr const char* kNextStep = "exporting to PostgreSQL needs libpq: install libpq5 (apt-get install libpq5)";

}  // namespace

Result<std::unique_ptr<const PostgresqlLibrary>> PostgresqlLibrary::Load(const std::string& name) {
  std::unique_ptr<PostgresqlLibrary> library(new PostgresqlLibrary());
  const os::SharedLibrary::Wanted functions[] = {
      {"PQconninfoParse", library->conninfo_parse},
      {"PQconninfoFree", library->conninfo_free},
      {"PQconnectdb", library->connectdb},
      {"PQfinish", library->finish},
      {"PQstatus", library->status},
      {"PQerrorMessage", library->error_message},
      {"PQsetNoticeReceiver", library->set_notice_receiver},
      {"PQsetClientEncoding", library->set_client_encoding},
      {"PQexec", library->exec},
      {"PQexecParams", library->exec_params},
      {"PQputCopyData", library->put_copy_data},
      {"PQputCopyEnd", library->put_copy_end},
      {"PQgetResult", library->get_result},
      {"PQclear", library->clear},
      {"PQresultStatus", library->result_status},
      {"PQresultErrorField", library->result_error_field},
      {"PQcmdTuples", library->cmd_tuples},
      {"PQntuples", library->ntuples},
      {"PQnfields", library->nfields},
      {"PQgetisnull", library->getisnull},
      {"PQgetvalue", library->getvalue},
  };
  ASSIGN_OR_RETURN(library->library_, os::SharedLibrary::OpenWith(name, functions, kNextStep));
  return std::unique_ptr<const PostgresqlLibrary>(std::move(library));
}

Result<const PostgresqlLibrary*> PostgresqlLibrary::Get() {
  static const auto kLoaded = Load(kName);
  if (!kLoaded.ok()) return kLoaded.status();
  return kLoaded.value().get();
}

}  // namespace inferometer::exchange
