#pragma once
// The folder that `--lake` names, for commands that read a lake.

#include <filesystem>

#include "inferometer/status.h"

namespace inferometer::cli {

// kNotFound where `lake` is named and no folder: a slip of the pen is no lake without records. The lake in the metrics
// directory, which nobody named (`lake` is empty), may be missing.
[[nodiscard]] Status CheckNamedLake(const std::filesystem::path& lake);

}  // namespace inferometer::cli
