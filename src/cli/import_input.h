#pragma once
// The lines that `inferometer import` is given.

#include <filesystem>
#include <optional>
#include <stop_token>

#include "exchange/import_records.h"
#include "inferometer/status.h"
#include "os/temporary_files.h"

namespace inferometer::cli {

// A file as it is; of a pipe or the standard input ("-"), which can be read only once, a copy among the temporary
// files, which goes with it.
class ImportInput {
 public:
  // Waits for a pipe's end, or for `stop`: kCancelled.
  [[nodiscard]] static Result<ImportInput> Open(const std::filesystem::path& from, const std::stop_token& stop);
  [[nodiscard]] const exchange::ImportSource& source() const { return source_; }

 private:
  ImportInput(exchange::ImportSource source, std::optional<os::TemporaryFiles> copy)
      : source_(std::move(source)), copy_(std::move(copy)) {}
  exchange::ImportSource source_;
  std::optional<os::TemporaryFiles> copy_;
};

}  // namespace inferometer::cli
