#pragma once
// Records into an SQLite database.

#include <filesystem>
#include <memory>

#include "exchange/database_target.h"

namespace inferometer::exchange {

// Creates the file and its tables where they are not there. Each batch is one transaction: after a kill a batch is
// there or is not, and exporting again completes it. kFailedPrecondition names what does not fit in a database that is
// there. Another program that writes to the file is waited for, 10 s a batch.
[[nodiscard]] Result<std::unique_ptr<DatabaseTarget>> OpenSqliteTarget(const std::filesystem::path& file);

}  // namespace inferometer::exchange
