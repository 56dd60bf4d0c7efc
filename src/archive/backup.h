#pragma once
// A metrics directory as one tar file: a plain copy of what is there.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "archive/archiver.h"
#include "inferometer/status.h"
#include "os/files.h"

namespace inferometer::archive {

enum class Compression { kNone, kGzip, kZstd };
// By the name's end: .tar, .tar.gz or .tgz, .tar.zst. Nothing for another.
[[nodiscard]] std::optional<Compression> CompressionOf(const std::filesystem::path& tar);

struct BackupOptions {
  std::filesystem::path metrics_dir;
  std::filesystem::path lake;  // empty: the folder "lake" of metrics_dir; another one stands there in the tar, too
  Compression compression = Compression::kNone;
  // Where the tar goes: this file, whole or not at all, read back and compared before it has its name;
  std::filesystem::path tar;
  // or, where `tar` is empty, here. Nothing is read back then.
  std::function<Status(std::string_view)> sink;
  std::function<void(std::size_t, std::size_t)> progress;  // files done, and of how many found so far
  std::stop_token stop;
};

struct BackupReport {
  std::size_t files = 0;
  std::uint64_t bytes = 0;      // of the files
  std::uint64_t tar_bytes = 0;  // of the tar
  // What is not there, or not as it was: files that went or could not be read meanwhile, and what is no file.
  std::vector<LeftFile> left;
};

// All files of the directory below its own name, but for locks, temporary files, a journal's ballast and the archive's
// note, which mean nothing elsewhere. Programs may write meanwhile: journals are read first, then files, the lake and
// the notes of what was cleaned, so that what moves from one to the next stands in at least one of them. A file that
// grows is there as it was when it was opened. kInvalidArgument for a tar within the directory.
[[nodiscard]] Result<BackupReport> BackUp(const BackupOptions& options, os::FileCalls& files);

}  // namespace inferometer::archive
