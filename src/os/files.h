#pragma once
// Files, as far as this project needs them. Everything that writes goes through FileCalls, so that tests can make any
// single call fail (os/faulty_files.h), and the power at any time (os/simulated_disk.h).

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "inferometer/status.h"

namespace inferometer::os {

enum class Access {
  kRead,
  kReadWrite,
  kCreateNew,  // for reading and writing, mode 0644; kFailedPrecondition where the name is taken
};

// What is left on a file system for this user.
struct Room {
  std::uint64_t total_bytes = 0;
  std::uint64_t free_bytes = 0;
  std::uint64_t total_inodes = 0;  // 0: the file system does not count them
  std::uint64_t free_inodes = 0;
};

// The system calls behind durable files, one method each, with their meaning and their errors (errno becomes a Code
// and the path stands in the message). Stateless; safe from any thread. A folder that is named is never a symbolic
// link's target by surprise: no Open follows a link at the end of its path.
class FileCalls {
 public:
  virtual ~FileCalls() = default;
  virtual Result<int> Open(const std::filesystem::path& path, Access access) = 0;
  // May read less than asked, as pread(2) may; 0 at the end of the file.
  virtual Result<std::size_t> ReadAt(int fd, std::span<char> into, std::uint64_t offset) = 0;
  // May write less than asked, as pwrite(2) may.
  virtual Result<std::size_t> WriteAt(int fd, std::string_view bytes, std::uint64_t offset) = 0;
  // Makes contents and length durable (fdatasync). After a failure nothing is known of what was written before.
  virtual Status SyncData(int fd) = 0;
  virtual Result<std::uint64_t> Size(int fd) = 0;
  virtual Status Truncate(int fd, std::uint64_t bytes) = 0;
  // Reserves the first `bytes` of the file, which grows to that length at least.
  virtual Status Allocate(int fd, std::uint64_t bytes) = 0;
  // The names in a folder, sorted.
  virtual Result<std::vector<std::string>> List(const std::filesystem::path& folder) = 0;
  // One level; a folder that is there already is fine.
  virtual Status CreateFolder(const std::filesystem::path& folder) = 0;
  virtual Result<Room> RoomOf(const std::filesystem::path& folder) = 0;
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
  // Whether somebody holds it now. Creates nothing: a file that is not there, or cannot be opened, nobody holds. Takes
  // the lock for reading for a moment, in which an Acquire would fail.
  [[nodiscard]] static bool IsHeld(const std::filesystem::path& path);
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
