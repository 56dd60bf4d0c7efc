#pragma once
// The model that the set-up brings.

#include <filesystem>

namespace inferometer::cli {

// Beside the program as it is built (build/<preset>/inferometer) or installed (bin/inferometer); empty where there is
// none.
[[nodiscard]] std::filesystem::path DefaultModel();

// What to do without one.
inline constexpr const char* kNoModel =
    "no model: give a GGUF file with --model, or run ./demo once, which brings the default one";

}  // namespace inferometer::cli
