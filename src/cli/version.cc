#include "cli/version.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <system_error>

#include "engine/llama_engine.h"
#include "generated/version_numbers.h"
#include "os/file_identity.h"
#include "store/context.h"

namespace inferometer::cli {

std::string ProgramVersion() { return fmt::format("{}+{}", kVersion, kCommit); }

std::string ThisBuild() {
  std::error_code error;
  const auto program = os::IdentityOf(std::filesystem::read_symlink("/proc/self/exe", error));
  return program ? fmt::format("{} {} {}", ProgramVersion(), program->bytes, program->modified_ns) : ProgramVersion();
}

WallTime BuildTime() { return WallTime(std::chrono::seconds(kBuildTimeSeconds)); }

std::string VersionText() {
  return fmt::format("inferometer {} (commit {}, llama.cpp {}, record schema {})", kVersion, kCommit,
                     engine::EngineVersion(), store::kSchemaVersion);
}

}  // namespace inferometer::cli
