#include "os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace inferometer::os {
namespace {

// What a crash left under that name may have another mode.
Status MakeEmpty(const std::filesystem::path& path, mode_t mode) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus(errno, "remove " + path.string());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
  if (fd < 0) return ErrnoStatus(errno, "create " + path.string());
  const Status moded = ::fchmod(fd, mode) == 0 ? Ok() : ErrnoStatus(errno, "chmod " + path.string());
  ::close(fd);
  return moded;
}

Status WriteWithMode(FileCalls& calls, const std::filesystem::path& path, std::string_view contents, mode_t mode) {
  std::filesystem::path temporary = path;
  temporary += kTemporarySuffix;
  RETURN_IF_ERROR(MakeEmpty(temporary, mode));
  return WriteWholeFile(calls, path, contents);  // truncates the temporary file, which leaves its mode
}

}  // namespace

Status WriteSecretFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents) {
  return WriteWithMode(calls, path, contents, 0600);
}

Status WritePublicFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents) {
  return WriteWithMode(calls, path, contents, 0644);
}

Status CreateSecretFolder(const std::filesystem::path& folder) {
  std::error_code error;
  if (std::filesystem::is_directory(folder, error)) return Ok();
  const auto parent = folder.has_parent_path() ? folder.parent_path() : std::filesystem::path(".");
  RETURN_IF_ERROR(CreateFolders(parent));
  if (::mkdir(folder.c_str(), 0700) != 0) return ErrnoStatus(errno, "create folder " + folder.string());
  return SystemFileCalls().SyncFolder(parent);
}

}  // namespace inferometer::os
