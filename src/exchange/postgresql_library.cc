#include "exchange/postgresql_library.h"

#include <utility>

namespace inferometer::exchange {
namespace {

constexpr const char* kName = "libpq.so.5";
constexpr const char* kNextStep = "exporting to PostgreSQL needs libpq: install libpq5 (apt-get install libpq5)";

}  // namespace

const char* PostgresqlLibrary::FindAll() {
  const char* missing = nullptr;
  const auto find = [&](const char* name, auto& function) {
    library_.Find(name, function);
    if (function == nullptr) missing = name;
  };
  find("PQconninfoParse", conninfo_parse);
  find("PQconninfoFree", conninfo_free);
  find("PQconnectdb", connectdb);
  find("PQfinish", finish);
  find("PQstatus", status);
  find("PQerrorMessage", error_message);
  find("PQsetNoticeReceiver", set_notice_receiver);
  find("PQsetClientEncoding", set_client_encoding);
  find("PQexec", exec);
  find("PQexecParams", exec_params);
  find("PQputCopyData", put_copy_data);
  find("PQputCopyEnd", put_copy_end);
  find("PQgetResult", get_result);
  find("PQclear", clear);
  find("PQresultStatus", result_status);
  find("PQresultErrorField", result_error_field);
  find("PQcmdTuples", cmd_tuples);
  find("PQntuples", ntuples);
  find("PQnfields", nfields);
  find("PQgetisnull", getisnull);
  find("PQgetvalue", getvalue);
  return missing;
}

Result<std::unique_ptr<const PostgresqlLibrary>> PostgresqlLibrary::Load(const std::string& name) {
  auto opened = os::SharedLibrary::Open(name);
  if (!opened.ok()) return Status(opened.status().code(), opened.status().message() + "; " + kNextStep);
  std::unique_ptr<PostgresqlLibrary> library(new PostgresqlLibrary(std::move(*opened)));
  if (const char* missing = library->FindAll()) {
    return Status(Code::kUnavailable, name + " has no " + missing + "; " + kNextStep);
  }
  return std::unique_ptr<const PostgresqlLibrary>(std::move(library));
}

Result<const PostgresqlLibrary*> PostgresqlLibrary::Get() {
  static const auto kLoaded = Load(kName);
  if (!kLoaded.ok()) return kLoaded.status();
  return kLoaded.value().get();
}

}  // namespace inferometer::exchange
