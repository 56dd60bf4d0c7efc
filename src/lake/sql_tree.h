#pragma once
// The tree that DuckDB's parser makes of a SELECT, as JSON. Internal to src/lake: simdjson's types appear here.

#include <simdjson.h>

#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"
#include "lake/database.h"

namespace inferometer::lake {

// The tree's text. Looks nothing up: no table, no file. What cannot be parsed is a tree, too, whose "error" is true.
[[nodiscard]] Result<std::string> TreeOf(Database& database, const std::string& sql);

// ASCII.
[[nodiscard]] std::string LowerCase(std::string_view text);

// The text under `key`; empty where there is none.
[[nodiscard]] std::string TextAt(const simdjson::dom::object& object, std::string_view key);

// Calls `each` for every element of the tree, without recursion: its depth is the writer's. Stops at its first failure
// and returns it.
template <typename Each>
Status WalkTree(simdjson::dom::element root, Each each) {
  std::vector<simdjson::dom::element> waiting = {root};
  while (!waiting.empty()) {
    const simdjson::dom::element element = waiting.back();
    waiting.pop_back();
    RETURN_IF_ERROR(each(element));
    if (simdjson::dom::array list; !element.get(list)) {
      for (const simdjson::dom::element item : list) waiting.push_back(item);
    } else if (simdjson::dom::object object; !element.get(object)) {
      for (const auto field : object) waiting.push_back(field.value);
    }
  }
  return Ok();
}

}  // namespace inferometer::lake
