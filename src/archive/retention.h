#pragma once
// How long what is kept, as the user says.

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace inferometer::archive {

// Copyable value.
struct Retention {
  static constexpr std::chrono::seconds kForever = std::chrono::seconds::max();

  // The age from which on records go; nothing: those of devices without an age of their own stay.
  std::optional<std::chrono::seconds> older_than;
  // Ages of single devices, by name or id. They hold against the general one.
  std::map<std::string, std::chrono::seconds> own;

  // From which age on a file goes that holds records of these devices and came from a folder of that name: the longest
  // of theirs. Nothing: it stays.
  [[nodiscard]] std::optional<std::chrono::seconds> AgeOf(const std::set<std::string>& device_ids,
                                                          const std::set<std::string>& device_names) const;
  // Nothing goes that is younger; nothing at all goes where there is none.
  [[nodiscard]] std::optional<std::chrono::seconds> Shortest() const;
};

}  // namespace inferometer::archive
