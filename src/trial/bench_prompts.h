#pragma once
// A file of prompts, as people keep them.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::trial {

inline constexpr std::size_t kLargestPromptFile = 64U << 20U;
inline constexpr std::size_t kMostPrompts = 10'000;
inline constexpr std::size_t kLongestPromptId = 128;

struct BenchPrompt {
  std::string id;  // the file's own; else "prompt-1", by its place
  std::string text;
};

// Three forms, told apart by the text: lines that begin with '{' are JSON objects with "prompt" and perhaps "id"; else
// blank lines stand between prompts of several lines; else each line is a prompt. What stands around a prompt is
// trimmed. Failures say at which line: not JSON, a key of another type, an id that stands twice, no prompt, more than
// kMostPrompts, not UTF-8.
[[nodiscard]] Result<std::vector<BenchPrompt>> ParsePrompts(std::string_view text);

}  // namespace inferometer::trial
