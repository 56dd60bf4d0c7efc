#pragma once
// What is known of the run in which a record was made: the table of the context's entries (store/context.h). They stand
// once in a file, and as columns beside every record in a lake or a database.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace inferometer::record {

enum class ContextType { kText, kInteger, kReal };

struct ContextField {
  std::string_view name;  // the unit is its last part
  ContextType type;
  std::string_view unit;     // empty where there is none
  std::string_view meaning;  // one sentence, for docs/fields.md
};

// In the order in which they are written. No name is that of a record's field. Constant; lives for the whole program.
[[nodiscard]] std::span<const ContextField> ContextFields();
// The index into ContextFields().
[[nodiscard]] std::optional<std::size_t> FindContextField(std::string_view name);

// The part of docs/fields.md about them.
[[nodiscard]] std::string ContextFieldsAsMarkdown();

}  // namespace inferometer::record
