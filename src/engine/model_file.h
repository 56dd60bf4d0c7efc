#pragma once
// What can be said of a model file before the engine opens it.

#include <cstdint>
#include <filesystem>
#include <string>

#include "inferometer/status.h"

namespace inferometer::engine {

struct ModelFile {
  std::filesystem::path path;
  std::uint64_t size_bytes = 0;
  std::string name;  // the file's name without ".gguf", as records call the model
};

// Looks at the file: kNotFound, kPermissionDenied, kInvalidArgument (a folder, empty, not a GGUF), each with a sentence
// for people.
[[nodiscard]] Result<ModelFile> InspectModelFile(const std::filesystem::path& path);

// kResourceExhausted when the weights alone are larger than what /proc/meminfo calls available: the mapped file would
// be read from disk again for every token. Ok when meminfo cannot be read.
[[nodiscard]] Status CheckFitsInMemory(const ModelFile& file, const std::filesystem::path& procfs);

}  // namespace inferometer::engine
