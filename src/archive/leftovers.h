#pragma once
// What crashes left of files that were being written.

#include <filesystem>
#include <vector>

namespace inferometer::archive {

// The temporary files in the folders of a metrics directory that nobody writes: where a program holds the lock of the
// folder, or of one above it, they are passed over.
[[nodiscard]] std::vector<std::filesystem::path> LeftoversOfFolders(const std::filesystem::path& root);
// Those of a lake. REQUIRES: the caller holds its lock.
[[nodiscard]] std::vector<std::filesystem::path> LeftoversOfLake(const std::filesystem::path& lake);

// Removes the partitions' folders in which nothing is. REQUIRES: as above.
void RemoveEmptyPartitions(const std::filesystem::path& lake);

}  // namespace inferometer::archive
