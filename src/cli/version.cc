#include "cli/version.h"

#include <fmt/format.h>

#include <chrono>

#include "engine/llama_engine.h"
#include "generated/version_numbers.h"
#include "store/context.h"

namespace inferometer::cli {

std::string ProgramVersion() { return fmt::format("{}+{}", kVersion, kCommit); }

WallTime BuildTime() { return WallTime(std::chrono::seconds(kBuildTimeSeconds)); }

std::string VersionText() {
  return fmt::format("inferometer {} (commit {}, llama.cpp {}, record schema {})", kVersion, kCommit,
                     engine::EngineVersion(), store::kSchemaVersion);
}

}  // namespace inferometer::cli
