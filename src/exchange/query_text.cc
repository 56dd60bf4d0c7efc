#include "exchange/query_text.h"

#include "exchange/csv.h"
#include "record/json_write.h"

namespace inferometer::exchange {

void QueryJson::Row(const lake::QueryRow& row) {
  out_ += has_rows_ ? ",\n  " : "[\n  ";
  has_rows_ = true;
  record::JsonObject object(out_);
  for (std::size_t i = 0; i < row.size(); ++i) {
    object.Key(columns_[i].name);
    if (row[i]) {
      Value(columns_[i], *row[i]);
    } else {
      out_ += "null";
    }
  }
  object.Close();
}

void QueryJson::Value(const lake::QueryColumn& column, const std::string_view& text) {
  if (column.kind == lake::ValueKind::kText) {
    record::AppendQuoted(text, out_);
  } else {
    out_ += text;
  }
}

void QueryJson::Finish() { out_ += has_rows_ ? "\n]\n" : "[]\n"; }

void QueryCsv::Columns(const std::vector<lake::QueryColumn>& columns) {
  columns_ = columns;
  CsvWriter csv(out_);
  for (const lake::QueryColumn& column : columns_) csv.Text(column.name);
  csv.EndLine();
}

void QueryCsv::Row(const lake::QueryRow& row) {
  CsvWriter csv(out_);
  for (std::size_t i = 0; i < row.size(); ++i) {
    if (!row[i]) {
      csv.Empty();
    } else if (columns_[i].kind == lake::ValueKind::kNumber) {
      csv.Figure(*row[i]);
    } else {
      csv.Text(*row[i]);
    }
  }
  csv.EndLine();
}

}  // namespace inferometer::exchange
