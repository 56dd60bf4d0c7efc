#include "archive/retention.h"

#include <algorithm>

namespace inferometer::archive {
namespace {

using std::chrono::seconds;

std::optional<seconds> Finite(std::optional<seconds> age) { return age == Retention::kForever ? std::nullopt : age; }

}  // namespace

std::optional<seconds> Retention::AgeOf(const std::set<std::string>& device_ids,
                                        const std::set<std::string>& device_names) const {
  std::optional<seconds> longest;
  const auto take = [&](seconds age) { longest = std::max(longest.value_or(age), age); };
  bool is_named = false;
  for (const std::string& name : device_names) {
    const auto found = own.find(name);
    if (found == own.end()) continue;
    take(found->second);
    is_named = true;
  }
  bool has_others = device_ids.empty();
  for (const std::string& id : device_ids) {
    const auto found = own.find(id);
    if (found != own.end()) {
      take(found->second);
    } else {
      has_others = true;
    }
  }
  if (has_others && !is_named) take(older_than.value_or(kForever));
  return Finite(longest);
}

std::optional<seconds> Retention::Shortest() const {
  seconds shortest = older_than.value_or(kForever);
  for (const auto& [name, age] : own) shortest = std::min(shortest, age);
  return Finite(shortest);
}

}  // namespace inferometer::archive
