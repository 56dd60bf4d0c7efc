#pragma once
// Records into a PostgreSQL database.

#include <memory>

#include "exchange/database_target.h"
#include "exchange/postgresql_url.h"

namespace inferometer::exchange {

// Creates the tables where they are not there, in the first schema of the search path. Each batch is one transaction:
// after a kill a batch is there or is not, and exporting again completes it. While all records are new, a batch is one
// COPY; otherwise a COPY into a temporary table, and from there what is new or another. kFailedPrecondition names what
// does not fit in a database that is there. One export at a time: another one is waited for, a minute.
[[nodiscard]] Result<std::unique_ptr<DatabaseTarget>> OpenPostgresqlTarget(const PostgresqlUrl& url);

}  // namespace inferometer::exchange
