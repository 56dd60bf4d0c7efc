#pragma once
// The model that is used where none is named.

#include <filesystem>

namespace inferometer::cli {

inline constexpr const char* kNoModel =
    "no model: give a GGUF file with --model, or run ./demo once, which brings the default one";

// Beside the program as it is built (build/<preset>/inferometer) or installed (bin/inferometer); empty if not there.
[[nodiscard]] std::filesystem::path DefaultModel();

}  // namespace inferometer::cli
