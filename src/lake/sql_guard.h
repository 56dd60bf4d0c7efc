#pragma once
// Whether a text of SQL may be run for somebody who is to read records and nothing else.

#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "lake/database.h"

namespace inferometer::lake {

// Takes one SELECT (WITH and VALUES are some) that reads from `tables`, what it names itself, and table functions that
// make rows out of their arguments alone. kInvalidArgument, with what is to blame, for anything else: several
// statements, another kind of statement, a file, a catalog, any other table function. DuckDB's own parser says what the
// text holds. It is the second of two bars; the first is a database that reaches no file (sql_session.h).
[[nodiscard]] Status CheckSelect(Database& database, const std::string& sql,
                                 const std::vector<std::string_view>& tables);

}  // namespace inferometer::lake
