#pragma once
// Lists of whole numbers with ranges in them, spelt as llama-bench takes them.

#include <cstddef>
#include <string>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::cli {

inline constexpr std::size_t kMostNumbers = 256;

// Each word is a number ("8") or a range: every number from the first to the last ("1-8"), every so many ("2-8+2"), or
// the first times a factor, again and again ("64-512*2"); the last itself is in where a step meets it. All from
// `least`, which is not negative, to `most`. kInvalidArgument, naming the word, for anything else, for a range without
// a number or without an end, and for more than kMostNumbers in all.
[[nodiscard]] Result<std::vector<int>> ParseNumberList(const std::vector<std::string>& words, int least, int most);

}  // namespace inferometer::cli
