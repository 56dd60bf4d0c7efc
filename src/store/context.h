#pragma once
// What does not change within a run, as it stands in every file of it.

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace inferometer::store {

// In the order in which it is written.
using ContextValue = std::variant<std::string, std::int64_t, double, bool>;
using Context = std::vector<std::pair<std::string, ContextValue>>;

inline constexpr int kSchemaVersion = 1;

// Appends the context as one JSON object.
void AppendJson(const Context& context, std::string& out);

}  // namespace inferometer::store
