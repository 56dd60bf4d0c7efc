#include "cli/default_model.h"

#include <system_error>

namespace inferometer::cli {

std::filesystem::path DefaultModel() {
  constexpr const char* kFile = "SmolLM2-135M-Instruct.Q4_1.gguf";
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../../third_party/models", "../share/inferometer/models"}) {
    const auto path = (program / place / kFile).lexically_normal();
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

}  // namespace inferometer::cli
