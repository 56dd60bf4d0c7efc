#pragma once
// For tests: what a command answered.

#include <gtest/gtest.h>

#include <cstdio>
#include <string>

namespace inferometer::cli {

struct Answer {
  int code = 0;
  std::string out;
  std::string err;
};

// All that was written to a temporary file, which is closed.
inline std::string Contents(std::FILE* stream) {
  std::string text(static_cast<std::size_t>(std::ftell(stream)), '\0');
  std::rewind(stream);
  EXPECT_EQ(std::fread(text.data(), 1, text.size(), stream), text.size());
  std::fclose(stream);
  return text;
}

}  // namespace inferometer::cli
