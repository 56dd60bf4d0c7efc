#include "cli/default_model.h"

#include <system_error>

namespace inferometer::cli {
namespace {

constexpr const char* kDefaultModel = "SmolLM2-135M-Instruct.Q4_1.gguf";

}  // namespace

std::filesystem::path DefaultModel() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {"../../third_party/models", "../share/inferometer/models"}) {
    const auto path = (program / place / kDefaultModel).lexically_normal();
    if (std::filesystem::exists(path, error)) return path;
  }
  return {};
}

}  // namespace inferometer::cli
