#include "report/html/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

namespace inferometer::report::html {
namespace {

std::string TextOf(const store::ContextValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* truth = std::get_if<bool>(&value)) return *truth ? "yes" : "no";
  if (const auto* count = std::get_if<std::int64_t>(&value)) return fmt::format("{}", *count);
  return fmt::format("{}", std::get<double>(value));
}

}  // namespace

void Conditions::Add(const analyze::RecordOrigin& origin) {
  if (origin.file.path == last_) return;
  last_ = origin.file.path;
  for (const auto& [key, value] : origin.context) {
    const auto* found = std::find_if(kConditions.begin(), kConditions.end(),
                                     [&key = key](const Condition& condition) { return condition.key == key; });
    if (found == kConditions.end()) continue;
    std::set<std::string>& values = values_[static_cast<std::size_t>(found - kConditions.begin())];
    if (values.size() <= kMostValues) values.insert(TextOf(value));
  }
}

}  // namespace inferometer::report::html
