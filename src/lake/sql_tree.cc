#include "lake/sql_tree.h"

#include <cctype>
#include <optional>

namespace inferometer::lake {

Result<std::string> TreeOf(Database& database, const std::string& sql) {
  ASSIGN_OR_RETURN(Answer answer, database.Query("SELECT json_serialize_sql(" + SqlText(sql) + ")::VARCHAR"));
  ASSIGN_OR_RETURN(const std::optional<Chunk> chunk, answer.Next());
  if (!chunk || chunk->rows() != 1) return Status(Code::kInternal, "DuckDB's parser gives no tree");
  return std::string(chunk->Text(0, 0).value_or(""));
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return lower;
}

std::string TextAt(const simdjson::dom::object& object, std::string_view key) {
  std::string_view text;
  return object[key].get(text) ? std::string() : std::string(text);
}

}  // namespace inferometer::lake
