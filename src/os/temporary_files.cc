#include "os/temporary_files.h"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>

namespace inferometer::os {

Result<TemporaryFiles> TemporaryFiles::Make(const std::string& name) {
  std::error_code error;
  const std::filesystem::path parent = std::filesystem::temp_directory_path(error);
  if (error) return Status(Code::kUnavailable, "there is no folder for temporary files: " + error.message());
  std::string path = (parent / (name + "-XXXXXX")).string();
  if (::mkdtemp(path.data()) == nullptr) {
    return Status(Code::kUnavailable, "create " + path + ": " + std::strerror(errno) + "; TMPDIR says where else");
  }
  return TemporaryFiles(path);
}

TemporaryFiles::~TemporaryFiles() {
  std::error_code ignored;
  if (!path_.empty()) std::filesystem::remove_all(path_, ignored);
}

}  // namespace inferometer::os
