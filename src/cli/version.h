#pragma once
// What this program is.

#include <string>

#include "inferometer/record.h"

namespace inferometer::cli {

// "inferometer 0.1.0 (commit 6ed9ab4, llama.cpp 0.5.0, record schema 1)"
[[nodiscard]] std::string VersionText();
[[nodiscard]] std::string ProgramVersion();  // "0.1.0+6ed9ab4"
// Differs between any two builds that may read files differently, those of one commit, too.
[[nodiscard]] std::string ThisBuild();
// A time that has passed for whoever runs this program: of its newest commit (cmake/version.cmake), so that two builds
// of one commit are the same.
[[nodiscard]] WallTime BuildTime();

}  // namespace inferometer::cli
