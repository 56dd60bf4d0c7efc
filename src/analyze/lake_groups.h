#pragma once
// The records of a lake into the columns of their groups.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "analyze/directory.h"
#include "analyze/fingerprint.h"
#include "analyze/sample.h"
#include "analyze/statistics.h"
#include "lake/partition.h"

namespace inferometer::analyze {

// One file of a lake, and whether records of it may have been read elsewhere, too.
struct LakeFile {
  std::filesystem::path path;
  bool may_be_seen = false;
};

// Reads the files with `threads` threads and adds their records to `groups`, but for those whose fingerprint is in
// `seen`. A file that is damaged anywhere is left out whole and named in `damaged`; the number of the others is given.
// `on_file` is called for each, by one thread at a time. The answer is the same whatever the number of threads.
[[nodiscard]] std::size_t AddLakeFiles(std::span<const LakeFile> files, const FingerprintSet& seen, unsigned threads,
                                       std::map<GroupKey, Columns>& groups, std::vector<Damage>& damaged,
                                       const std::function<void()>& on_file);

}  // namespace inferometer::analyze
