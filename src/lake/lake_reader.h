#pragma once
// The records of a lake's files, whole, one after another.

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "lake/lake_record.h"

namespace inferometer::lake {

// One thread at a time. Memory: a few row groups.
class LakeReader {
 public:
  // kUnavailable where there is no DuckDB.
  [[nodiscard]] static Result<LakeReader> Open(std::size_t memory_mb = 128);
  ~LakeReader();
  LakeReader(LakeReader&&) noexcept;
  LakeReader& operator=(LakeReader&&) = delete;

  // Whether all of the file can be read, as far as anybody can tell: by its checksum; where it has none, by reading it.
  // Fails as ForEach does.
  [[nodiscard]] Status Check(const std::filesystem::path& file);
  // The file's columns that ForEach passes over.
  [[nodiscard]] Result<std::vector<std::string>> UnknownColumns(const std::filesystem::path& file);
  // Calls `each` for every row of one file, in the file's order; stops at its first failure and returns it. A file that
  // other programs wrote is taken, too: columns are found by name and cast, those that are missing are absent values,
  // others are passed over. kDataLoss, naming the file: where its checksum says that it is damaged, before any row;
  // where it has none, or a value is not what its column is for, the rows before have been given.
  [[nodiscard]] Status ForEach(const std::filesystem::path& file, const std::function<Status(const LakeRecord&)>& each);

 private:
  struct State;
  explicit LakeReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace inferometer::lake
