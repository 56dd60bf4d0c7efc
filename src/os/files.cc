#include "os/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

namespace inferometer::os {
namespace {

Code CodeOf(int error) {
  switch (error) {
    case ENOENT:
    case ENOTDIR: return Code::kNotFound;
    case EACCES:
    case EPERM:
    case EROFS: return Code::kPermissionDenied;
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
    case EMFILE:
    case ENFILE:
    case ENOMEM: return Code::kResourceExhausted;
    case EEXIST: return Code::kFailedPrecondition;
    case EAGAIN:
    case EINTR: return Code::kUnavailable;
    case EISDIR:
    case ENAMETOOLONG:
    case EINVAL: return Code::kInvalidArgument;
    default: return Code::kInternal;
  }
}

Status Failed(std::string_view verb, const std::filesystem::path& path) {
  return ErrnoStatus(errno, std::string(verb) + " " + path.string());
}

int RetryOpen(const std::filesystem::path& path, int flags, mode_t mode = 0) {
  int fd = -1;
  do fd = ::open(path.c_str(), flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

Status WriteAll(FileCalls& calls, int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    ASSIGN_OR_RETURN(const std::size_t written, calls.Write(fd, bytes));
    if (written == 0) return {Code::kResourceExhausted, "write: no byte was taken"};
    bytes.remove_prefix(written);
  }
  return Ok();
}

Status FillDurably(FileCalls& calls, const std::filesystem::path& path, std::string_view contents) {
  ASSIGN_OR_RETURN(const int fd, calls.CreateForWriting(path));
  Status status = WriteAll(calls, fd, contents);
  if (status.ok()) status = calls.Sync(fd);
  const Status closed = calls.Close(fd);
  if (status.ok()) status = closed;
  if (status.ok()) return status;
  return {status.code(), path.string() + ": " + status.message()};
}

std::filesystem::path FolderOf(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

}  // namespace

Status ErrnoStatus(int error, std::string_view what) {
  return {CodeOf(error), std::string(what) + ": " + std::generic_category().message(error)};
}

Status WriteWholeFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents) {
  std::filesystem::path temporary = path;
  temporary += kTemporarySuffix;
  Status status = FillDurably(calls, temporary, contents);
  if (status.ok()) status = calls.Rename(temporary, path);
  if (!status.ok()) {
    calls.Unlink(temporary).IgnoreBecause("the first error is the one to report; it may never have been created");
    return status;
  }
  return calls.SyncFolder(FolderOf(path));
}

Result<std::string> ReadFile(const std::filesystem::path& path, std::size_t most_bytes) {
  const int fd = RetryOpen(path, O_RDONLY);
  if (fd < 0) return Failed("open", path);
  std::string contents;
  char chunk[65536];
  ssize_t got = 0;
  while (contents.size() <= most_bytes) {
    got = ::read(fd, chunk, sizeof chunk);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    contents.append(chunk, static_cast<std::size_t>(got));
  }
  const Status status = got < 0 ? Failed("read", path) : Ok();
  ::close(fd);
  RETURN_IF_ERROR(status);
  if (contents.size() <= most_bytes) return contents;
  return {Code::kResourceExhausted, path.string() + ": larger than " + std::to_string(most_bytes) + " bytes"};
}

Status CreateFolders(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return Ok();
  if (folder.has_parent_path() && folder.parent_path() != folder) RETURN_IF_ERROR(CreateFolders(folder.parent_path()));
  if (::mkdir(folder.c_str(), 0755) != 0 && errno != EEXIST) return Failed("create folder", folder);
  if (!std::filesystem::is_directory(folder, error)) return ErrnoStatus(ENOTDIR, "create folder " + folder.string());
  return SystemFileCalls().SyncFolder(FolderOf(folder));
}

Result<FileLock> FileLock::Acquire(const std::filesystem::path& path) {
  // Writable it must be, but it is held for reading: one that is open for writing keeps a file system from being
  // remounted.
  const int created = RetryOpen(path, O_RDWR | O_CREAT | O_NOFOLLOW, 0644);
  if (created < 0) return Failed("create lock", path);
  ::close(created);
  const int fd = RetryOpen(path, O_RDONLY | O_NOFOLLOW);
  if (fd < 0) return Failed("open lock", path);
  if (::flock(fd, LOCK_EX | LOCK_NB) == 0) return FileLock(fd);
  const int error = errno;
  ::close(fd);
  if (error == EWOULDBLOCK) return {Code::kFailedPrecondition, path.string() + " is locked by another process"};
  return ErrnoStatus(error, "lock " + path.string());
}

bool FileLock::IsHeld(const std::filesystem::path& path) {
  const int fd = RetryOpen(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return false;
  const bool is_held = ::flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  ::close(fd);
  return is_held;
}

FileLock::FileLock(FileLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}
FileLock::~FileLock() {
  if (fd_ >= 0) ::close(fd_);
}

Result<KeptFile> KeptFile::Open(const std::filesystem::path& path) {
  const int fd = RetryOpen(path, O_RDONLY);
  if (fd < 0) return Failed("open", path);
  return KeptFile(fd, path.string());
}

KeptFile::KeptFile(KeptFile&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
KeptFile& KeptFile::operator=(KeptFile&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}
KeptFile::~KeptFile() {
  if (fd_ >= 0) ::close(fd_);
}

Result<std::string_view> KeptFile::Read(std::span<char> buffer) const {
  ssize_t got = -1;
  do got = ::pread(fd_, buffer.data(), buffer.size(), 0);
  while (got < 0 && errno == EINTR);
  if (got < 0) return Failed("read", path_);
  return std::string_view(buffer.data(), static_cast<std::size_t>(got));
}

Result<KeptSwitch> KeptSwitch::Open(const std::filesystem::path& path) {
  const int fd = RetryOpen(path, O_WRONLY);
  if (fd < 0) return Failed("open", path);
  return KeptSwitch(fd, path.string());
}

KeptSwitch::KeptSwitch(KeptSwitch&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
KeptSwitch& KeptSwitch::operator=(KeptSwitch&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}
KeptSwitch::~KeptSwitch() {
  if (fd_ >= 0) ::close(fd_);
}

Status KeptSwitch::Write(std::string_view bytes) const {
  ssize_t written = -1;
  do written = ::pwrite(fd_, bytes.data(), bytes.size(), 0);
  while (written < 0 && errno == EINTR);
  if (written == static_cast<ssize_t>(bytes.size())) return Ok();
  return Failed("write", path_);
}

}  // namespace inferometer::os
