#pragma once
// An option whose value is one word of a few.

#include <CLI/CLI.hpp>
#include <map>
#include <string>

namespace inferometer::cli {

// For Option::transform: turns a word, in any case of letters, into the number of its value (an enumeration or a bool).
// Another word is refused with the list of those that there are.
template <typename Value>
[[nodiscard]] CLI::Validator Choice(const std::map<std::string, Value>& values) {
  std::string words = "{";
  for (const auto& [word, value] : values) words += (words.size() > 1 ? "," : "") + word;
  words += "}";
  const auto translate = [values, words](std::string& text) {
    const auto found = values.find(CLI::detail::to_lower(text));
    if (found == values.end()) return text + " not in " + words;
    text = std::to_string(static_cast<int>(found->second));
    return std::string();
  };
  return {translate, words};
}

}  // namespace inferometer::cli
