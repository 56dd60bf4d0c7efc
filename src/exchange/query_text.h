#pragma once
// The answer of a query as text for programs.

#include <string>
#include <vector>

#include "lake/sql_session.h"

namespace inferometer::exchange {

// JSON: an array of row objects, each on a line of its own. Appends to `out`, which must outlive it.
class QueryJson {
 public:
  explicit QueryJson(std::string& out) : out_(out) {}
  void Columns(const std::vector<lake::QueryColumn>& columns) { columns_ = columns; }
  void Row(const lake::QueryRow& row);
  void Finish();

 private:
  void Value(const lake::QueryColumn& column, const std::string_view& text);
  std::string& out_;
  std::vector<lake::QueryColumn> columns_;
  bool has_rows_ = false;
};

// CSV with a header (exchange/csv.h); NULL is an empty cell.
class QueryCsv {
 public:
  explicit QueryCsv(std::string& out) : out_(out) {}
  void Columns(const std::vector<lake::QueryColumn>& columns);
  void Row(const lake::QueryRow& row);

 private:
  std::string& out_;
  std::vector<lake::QueryColumn> columns_;
};

}  // namespace inferometer::exchange
