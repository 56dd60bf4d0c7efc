#pragma once
// Files of a lake that stay what they are while they are read, whoever replaces them.

#include <filesystem>
#include <optional>
#include <span>
#include <vector>

#include "inferometer/status.h"
#include "os/file_identity.h"

namespace inferometer::lake {

// Holds each file open, and names it by that: a reader who opens it once more finds the same bytes also where another
// has its path by now. Beyond what this program may open, or without /proc, a file goes by its path: then
// AreInPlace tells afterwards whether it was still the same. Movable.
class PinnedFiles {
 public:
  [[nodiscard]] static Result<PinnedFiles> Open(std::span<const std::filesystem::path> paths);
  PinnedFiles(PinnedFiles&&) noexcept = default;
  PinnedFiles& operator=(PinnedFiles&&) = delete;
  ~PinnedFiles();

  // In the order of the paths.
  [[nodiscard]] const std::vector<std::filesystem::path>& names() const { return names_; }
  [[nodiscard]] bool are_all_pinned() const { return descriptors_.size() == names_.size(); }
  // Whether these paths are the same as those that were opened, and each has the file still that it had.
  [[nodiscard]] bool AreInPlace(std::span<const std::filesystem::path> paths) const;

 private:
  PinnedFiles() = default;
  std::vector<std::filesystem::path> paths_;
  std::vector<std::filesystem::path> names_;
  std::vector<std::optional<os::FileIdentity>> identities_;
  std::vector<int> descriptors_;
};

}  // namespace inferometer::lake
