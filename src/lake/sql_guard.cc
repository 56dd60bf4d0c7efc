#include "lake/sql_guard.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "lake/sql_tree.h"

namespace inferometer::lake {
namespace {

namespace dom = simdjson::dom;

constexpr std::array<std::string_view, 5> kTableFunctions = {"unnest", "range", "generate_series", "json_each",
                                                             "json_tree"};
// Writes into DuckDB's log.
constexpr std::array<std::string_view, 1> kRefusedFunctions = {"write_log"};
// Of what a FROM names; another kind reaches the catalog or what DuckDB will have one day.
constexpr std::array<std::string_view, 8> kSources = {"EMPTY",           "JOIN",  "SUBQUERY",       "BASE_TABLE",
                                                      "EXPRESSION_LIST", "PIVOT", "TABLE_FUNCTION", "SHOW_REF"};

Status Refused(const std::string& what) {
  return {Code::kInvalidArgument,
          what + ": a query is one SELECT over the records; `inferometer query --help` names the tables"};
}

template <typename Range>
bool Contains(const Range& range, std::string_view name) {
  return std::find(range.begin(), range.end(), name) != range.end();
}

template <typename Each>
Status WalkObjects(dom::element root, Each each) {
  return WalkTree(root, [&](dom::element element) {
    dom::object object;
    return element.get(object) ? Ok() : each(object);
  });
}

class Guard {
 public:
  explicit Guard(const std::vector<std::string_view>& tables) { names_.insert(tables.begin(), tables.end()); }

  Status Check(dom::element root) {
    RETURN_IF_ERROR(WalkObjects(root, [&](const dom::object& object) { return TakeNames(object); }));
    return WalkObjects(root, [&](const dom::object& object) { return CheckObject(object); });
  }

 private:
  // What WITH names may be read from.
  Status TakeNames(const dom::object& object) {
    dom::array map;
    if (object["cte_map"]["map"].get(map)) return Ok();
    for (const dom::element entry : map) {
      std::string_view key;
      if (!entry["key"].get(key)) names_.insert(LowerCase(key));
    }
    return Ok();
  }

  Status CheckObject(const dom::object& object) const {
    for (const std::string_view key : {"from_table", "left", "right", "source"}) {
      dom::object source;
      if (!object[key].get(source) && IsSource(source)) RETURN_IF_ERROR(CheckSource(source));
    }
    const std::string type = TextAt(object, "type");
    const std::string function = LowerCase(TextAt(object, "function_name"));
    if (!function.empty() && Contains(kRefusedFunctions, function)) return Refused("the function " + function);
    if (type == "BASE_TABLE") return CheckTable(object);
    if (type == "TABLE_FUNCTION") return CheckTableFunction(object);
    if (type == "SHOW_REF") return CheckShow(object);
    return Ok();
  }

  // An expression has a class, too.
  static bool IsSource(const dom::object& object) {
    std::string_view ignored;
    return object["class"].get(ignored) && !object["type"].get(ignored) && object["node"].error() != simdjson::SUCCESS;
  }
  static Status CheckSource(const dom::object& source) {
    const std::string type = TextAt(source, "type");
    const bool is_node = type.ends_with("_NODE");
    return is_node || Contains(kSources, type) ? Ok() : Refused("what stands in FROM (" + type + ")");
  }

  Status CheckTable(const dom::object& table) const {
    const std::string name = TextAt(table, "table_name");
    const bool is_plain = TextAt(table, "schema_name").empty() && TextAt(table, "catalog_name").empty();
    if (is_plain && names_.contains(LowerCase(name))) return Ok();
    return Refused("there is no table \"" + name + "\"");
  }

  // DESCRIBE of a SELECT, as which a table's name comes, too; others list what the database has.
  static Status CheckShow(const dom::object& show) {
    if (TextAt(show, "show_type") == "SUMMARY")
      return Refused("SUMMARIZE (it estimates quantiles; quantile_cont is exact)");
    dom::object select;
    const bool is_of_select = !show["query"].get(select) && TextAt(show, "table_name").empty();
    return is_of_select ? Ok() : Refused("SHOW");
  }

  static Status CheckTableFunction(const dom::object& object) {
    dom::object function;
    if (object["function"].get(function)) return Refused("a table function");
    const std::string name = LowerCase(TextAt(function, "function_name"));
    return Contains(kTableFunctions, name) ? Ok() : Refused("the table function " + name);
  }

  std::set<std::string, std::less<>> names_;
};

// How many statements the text holds, and of which kind the first is.
Result<duckdb_statement_type> OnlyStatement(Database& database, const std::string& sql) {
  const DuckDbApi& api = database.api();
  duckdb_extracted_statements statements = nullptr;
  const idx_t count = api.extract_statements(database.connection(), sql.c_str(), &statements);
  const char* error = count == 0 ? api.extract_statements_error(statements) : nullptr;
  const std::string why = error == nullptr ? "" : error;
  duckdb_prepared_statement prepared = nullptr;
  const bool is_one =
      count == 1 && api.prepare_extracted_statement(database.connection(), statements, 0, &prepared) == DuckDBSuccess;
  const duckdb_statement_type type = is_one ? api.prepared_statement_type(prepared) : DUCKDB_STATEMENT_TYPE_INVALID;
  const char* cannot = prepared != nullptr && !is_one ? api.prepare_error(prepared) : nullptr;
  const std::string reason = cannot == nullptr ? "" : cannot;
  api.destroy_prepare(&prepared);
  api.destroy_extracted(&statements);
  if (count == 0) return Status(Code::kInvalidArgument, why.empty() ? "there is no statement in it" : why);
  if (count > 1) return Refused(fmt::format("{} statements", count));
  if (!is_one) return Status(Code::kInvalidArgument, reason);
  return type;
}

}  // namespace

Status CheckSelect(Database& database, const std::string& sql, const std::vector<std::string_view>& tables) {
  if (sql.find('\0') != std::string::npos) return Refused("a NUL byte");
  // The tree first: preparing a statement looks tables up, and files where it may.
  ASSIGN_OR_RETURN(const std::string json, TreeOf(database, sql));
  dom::parser parser;
  dom::element root;
  if (parser.parse(json).get(root)) return Refused("it is nested too deeply");
  bool failed = true;
  if (root["error"].get(failed) || failed) {
    std::string_view message;
    if (root["error_message"].get(message)) message = "it cannot be read";
    const bool is_other = message.find("Only SELECT") != std::string_view::npos;
    return is_other ? Refused("another statement than SELECT") : Status(Code::kInvalidArgument, std::string(message));
  }
  RETURN_IF_ERROR(Guard(tables).Check(root));
  ASSIGN_OR_RETURN(const duckdb_statement_type type, OnlyStatement(database, sql));
  return type == DUCKDB_STATEMENT_TYPE_SELECT ? Ok() : Refused("another statement than SELECT");
}

}  // namespace inferometer::lake
