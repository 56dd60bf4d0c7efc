#pragma once
// Files, as far as this project needs them. Everything that writes goes through FileCalls, so that tests can make any
// single call fail (os/faulty_files.h).

#include <sys/types.h>

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::os {

// The system calls behind a durable write, one method each, with their meaning and their errors (errno becomes a Code
// and the path stands in the message). Stateless; safe from any thread.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  // Creates or truncates; mode 0644.
  virtual Result<int> CreateForWriting(const std::filesystem::path& path) = 0;
  // May write less than asked, as write(2) may.
  virtual Result<std::size_t> Write(int fd, std::string_view bytes) = 0;
  virtual Status Sync(int fd) = 0;
  // The descriptor is gone afterwards, whatever is returned.
  virtual Status Close(int fd) = 0;
  virtual Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) = 0;
  virtual Status Unlink(const std::filesystem::path& path) = 0;
  // Makes the names in a folder durable.
  virtual Status SyncFolder(const std::filesystem::path& folder) = 0;
};

// The real ones. Lives for the whole program.
[[nodiscard]] FileCalls& SystemFileCalls();

// Replaces `path` by `contents`, whole or not at all: temporary file beside it, fsync, rename, fsync of the folder.
// After an error the old file stands, or the new one whole but perhaps not yet durable; the temporary file is removed
// as far as possible.
[[nodiscard]] Status WriteWholeFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents);

// The suffix of the temporary files of WriteWholeFile. A crash can leave one; readers pass over it and owners may
// remove it.
inline constexpr std::string_view kTemporarySuffix = ".tmp";

// Reads a whole file of at most `most_bytes`; longer is kResourceExhausted.
[[nodiscard]] Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t most_bytes);

// Creates a folder and its parents, and makes their names durable.
[[nodiscard]] Status CreateFolders(const std::filesystem::path& folder);

// An advisory lock (flock) on a file, which is created; held until destruction or the death of the process.
class FileLock {
 public:
  // kFailedPrecondition when another process holds it.
  [[nodiscard]] static Result<FileLock> Acquire(const std::filesystem::path& path);
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

 private:
  explicit FileLock(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// A small file that is read again and again without being opened again: sysfs attributes, files of /proc.
// Movable; one thread at a time.
class KeptFile {
 public:
  [[nodiscard]] static Result<KeptFile> Open(const std::filesystem::path& path);
  KeptFile(KeptFile&& other) noexcept;
  KeptFile& operator=(KeptFile&& other) noexcept;
  ~KeptFile();

  // Reads from the beginning into `buffer`; what does not fit is cut. The view is into `buffer`. Allocates nothing on
  // success.
  [[nodiscard]] Result<std::string_view> Read(std::span<char> buffer) const;
  [[nodiscard]] int fd() const { return fd_; }

 private:
  KeptFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::string path_;
};

// A file kept open for writing the same few bytes again and again (/proc/self/clear_refs). Movable; one thread at a
// time.
class KeptSwitch {
 public:
  [[nodiscard]] static Result<KeptSwitch> Open(const std::filesystem::path& path);
  KeptSwitch(KeptSwitch&& other) noexcept;
  KeptSwitch& operator=(KeptSwitch&& other) noexcept;
  ~KeptSwitch();
  [[nodiscard]] Status Write(std::string_view bytes) const;

 private:
  KeptSwitch(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  int fd_ = -1;
  std::string path_;
};

// The Status for an errno: `what` names the call and the path.
[[nodiscard]] Status ErrnoStatus(int error, std::string_view what);

}  // namespace inferometer::os
