#pragma once
// Telling whether a file is the one that was seen before, without reading it.

#include <cstdint>
#include <filesystem>
#include <optional>

namespace inferometer::os {

// Differs when the file was written, replaced or moved since. Copyable value.
struct FileIdentity {
  std::uint64_t bytes = 0;
  std::int64_t modified_ns = 0;  // since 1970
  std::int64_t changed_ns = 0;   // of the inode: moves with every change, and nobody can set it
  std::uint64_t inode = 0;

  bool operator==(const FileIdentity&) const = default;
};

// Of a regular file; nothing where there is none under this name. Does not follow a link.
[[nodiscard]] std::optional<FileIdentity> IdentityOf(const std::filesystem::path& file);

// What the disk gets back when the name goes, in bytes, as far as the file system tells: 0 where the file has other
// names, or is none.
[[nodiscard]] std::uint64_t BytesOnDisk(const std::filesystem::path& file);

}  // namespace inferometer::os
