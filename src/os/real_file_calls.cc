#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>
#include <memory>

#include "os/files.h"

namespace inferometer::os {
namespace {

Status Failed(std::string_view verb, const std::filesystem::path& path) {
  return ErrnoStatus(errno, std::string(verb) + " " + path.string());
}

// Repeats what a signal interrupted.
template <typename Call>
auto Uninterrupted(Call call) {
  decltype(call()) result = -1;
  do result = call();
  while (result < 0 && errno == EINTR);
  return result;
}

int OpenAt(const std::filesystem::path& path, int flags) {
  return Uninterrupted([&] { return ::open(path.c_str(), flags | O_CLOEXEC, 0644); });
}

// A length or a place that off_t cannot hold is too large for any file system.
Result<off_t> OffsetOf(std::uint64_t bytes) {
  if (bytes > static_cast<std::uint64_t>(std::numeric_limits<off_t>::max())) return ErrnoStatus(EFBIG, "offset");
  return static_cast<off_t>(bytes);
}

// A pipe in a file's place must not be waited for: opened so, it refuses to be read at a place.
int FlagsOf(Access access) {
  switch (access) {
    case Access::kRead: return O_RDONLY | O_NOFOLLOW | O_NONBLOCK;
    case Access::kReadWrite: return O_RDWR | O_NOFOLLOW;
    case Access::kCreateNew: return O_RDWR | O_NOFOLLOW | O_CREAT | O_EXCL;
  }
  return O_RDONLY | O_NOFOLLOW;
}

struct CloseFolder {
  void operator()(DIR* folder) const { ::closedir(folder); }
};

bool IsDotOrDotDot(std::string_view name) { return name == "." || name == ".."; }

class RealFileCalls final : public FileCalls {
 public:
  Result<int> Open(const std::filesystem::path& path, Access access) override {
    const int fd = OpenAt(path, FlagsOf(access));
    if (fd < 0) return Failed("open", path);
    return fd;
  }
  Result<std::size_t> ReadAt(int fd, std::span<char> into, std::uint64_t offset) override {
    ASSIGN_OR_RETURN(const off_t place, OffsetOf(offset));
    const ssize_t got = Uninterrupted([&] { return ::pread(fd, into.data(), into.size(), place); });
    if (got < 0) return ErrnoStatus(errno, "read");
    return static_cast<std::size_t>(got);
  }
  Result<std::size_t> WriteAt(int fd, std::string_view bytes, std::uint64_t offset) override {
    ASSIGN_OR_RETURN(const off_t place, OffsetOf(offset));
    const ssize_t written = Uninterrupted([&] { return ::pwrite(fd, bytes.data(), bytes.size(), place); });
    if (written < 0) return ErrnoStatus(errno, "write");
    return static_cast<std::size_t>(written);
  }
  Status SyncData(int fd) override {
    return Uninterrupted([&] { return ::fdatasync(fd); }) == 0 ? Ok() : ErrnoStatus(errno, "fdatasync");
  }
  Result<std::uint64_t> Size(int fd) override {
    struct stat facts = {};
    if (::fstat(fd, &facts) != 0) return ErrnoStatus(errno, "stat");
    return static_cast<std::uint64_t>(facts.st_size);
  }
  Status Truncate(int fd, std::uint64_t bytes) override {
    ASSIGN_OR_RETURN(const off_t length, OffsetOf(bytes));
    return Uninterrupted([&] { return ::ftruncate(fd, length); }) == 0 ? Ok() : ErrnoStatus(errno, "truncate");
  }
  Status Allocate(int fd, std::uint64_t bytes) override {
    ASSIGN_OR_RETURN(const off_t length, OffsetOf(bytes));
    int error = EINTR;
    while (error == EINTR) error = ::posix_fallocate(fd, 0, length);
    return error == 0 ? Ok() : ErrnoStatus(error, "allocate");
  }
  Result<std::vector<std::string>> List(const std::filesystem::path& folder) override;
  Status CreateFolder(const std::filesystem::path& folder) override;
  Result<Room> RoomOf(const std::filesystem::path& folder) override;

  Result<int> CreateForWriting(const std::filesystem::path& path) override {
    const int fd = OpenAt(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW);
    if (fd < 0) return Failed("create", path);
    return fd;
  }
  Result<std::size_t> Write(int fd, std::string_view bytes) override {
    const ssize_t written = Uninterrupted([&] { return ::write(fd, bytes.data(), bytes.size()); });
    if (written < 0) return ErrnoStatus(errno, "write");
    return static_cast<std::size_t>(written);
  }
  Status Sync(int fd) override {
    return Uninterrupted([&] { return ::fsync(fd); }) == 0 ? Ok() : ErrnoStatus(errno, "fsync");
  }
  Status Close(int fd) override { return ::close(fd) == 0 ? Ok() : ErrnoStatus(errno, "close"); }
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return ::rename(from.c_str(), to.c_str()) == 0 ? Ok() : Failed("rename to", to);
  }
  Status Unlink(const std::filesystem::path& path) override {
    return ::unlink(path.c_str()) == 0 ? Ok() : Failed("remove", path);
  }
  Status SyncFolder(const std::filesystem::path& folder) override {
    const int fd = OpenAt(folder, O_RDONLY | O_DIRECTORY);
    if (fd < 0) return Failed("open folder", folder);
    const Status status = Sync(fd);
    ::close(fd);
    return status;
  }
};

Result<std::vector<std::string>> RealFileCalls::List(const std::filesystem::path& folder) {
  const std::unique_ptr<DIR, CloseFolder> opened(::opendir(folder.c_str()));
  if (opened == nullptr) return Failed("list", folder);
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* entry = ::readdir(opened.get())) {
    if (!IsDotOrDotDot(entry->d_name)) names.emplace_back(entry->d_name);
    errno = 0;
  }
  if (errno != 0) return Failed("list", folder);
  std::ranges::sort(names);
  return names;
}

Status RealFileCalls::CreateFolder(const std::filesystem::path& folder) {
  if (::mkdir(folder.c_str(), 0755) == 0) return Ok();
  if (errno != EEXIST) return Failed("create folder", folder);
  struct stat facts = {};
  if (::lstat(folder.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) return Ok();
  return ErrnoStatus(EEXIST, "create folder " + folder.string());
}

Result<Room> RealFileCalls::RoomOf(const std::filesystem::path& folder) {
  struct statvfs facts = {};
  if (Uninterrupted([&] { return ::statvfs(folder.c_str(), &facts); }) != 0) return Failed("statvfs", folder);
  return Room{.total_bytes = std::uint64_t{facts.f_blocks} * facts.f_frsize,
              .free_bytes = std::uint64_t{facts.f_bavail} * facts.f_frsize,
              .total_inodes = facts.f_files,
              .free_inodes = facts.f_favail};
}

}  // namespace

FileCalls& SystemFileCalls() {
  static RealFileCalls calls;
  return calls;
}

}  // namespace inferometer::os
