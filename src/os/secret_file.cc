#include "os/secret_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

namespace inferometer::os {
namespace {

// What a crash left under that name may have another mode.
Status MakeEmptySecret(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return ErrnoStatus(errno, "remove " + path.string());
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return ErrnoStatus(errno, "create " + path.string());
  const Status moded = ::fchmod(fd, 0600) == 0 ? Ok() : ErrnoStatus(errno, "chmod " + path.string());
  ::close(fd);
  return moded;
}

}  // namespace

Status WriteSecretFile(FileCalls& calls, const std::filesystem::path& path, std::string_view contents) {
  std::filesystem::path temporary = path;
  temporary += kTemporarySuffix;
  RETURN_IF_ERROR(MakeEmptySecret(temporary));
  return WriteWholeFile(calls, path, contents);  // truncates the temporary file, which leaves its mode
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
