#pragma once
// A folder for what a program writes aside while it works.

#include <filesystem>
#include <string>
#include <utility>

#include "inferometer/status.h"

namespace inferometer::os {

// Made where the system keeps temporary files, for this user alone; goes, with all that is in it, at destruction.
class TemporaryFiles {
 public:
  [[nodiscard]] static Result<TemporaryFiles> Make(const std::string& name);
  ~TemporaryFiles();
  TemporaryFiles(TemporaryFiles&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  TemporaryFiles& operator=(TemporaryFiles&&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  explicit TemporaryFiles(std::filesystem::path path) : path_(std::move(path)) {}
  std::filesystem::path path_;
};

}  // namespace inferometer::os
