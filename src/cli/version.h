#pragma once
// What this program is.

#include <string>

namespace inferometer::cli {

// "inferometer 0.1.0 (commit 6ed9ab4, llama.cpp 0.5.0, record schema 1)"
[[nodiscard]] std::string VersionText();
[[nodiscard]] std::string ProgramVersion();  // "0.1.0+6ed9ab4"

}  // namespace inferometer::cli
