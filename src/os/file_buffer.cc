#include "os/file_buffer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "os/files.h"

namespace inferometer::os {
namespace {

Status Failed(std::string_view verb, const std::filesystem::path& path) {
  return ErrnoStatus(errno, std::string(verb) + " " + path.string());
}

}  // namespace

Result<std::string_view> FileBuffer::Read(const std::filesystem::path& path, std::size_t most_bytes) {
  int fd = -1;
  do fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  while (fd < 0 && errno == EINTR);
  if (fd < 0) return Failed("open", path);
  auto text = Fill(fd, path, most_bytes);
  ::close(fd);
  return text;
}

Result<std::string_view> FileBuffer::Fill(int fd, const std::filesystem::path& path, std::size_t most_bytes) {
  struct stat info {};
  if (::fstat(fd, &info) != 0) return Failed("look at", path);
  if (!S_ISREG(info.st_mode)) return {Code::kInvalidArgument, path.string() + ": not a regular file"};
  const auto size = static_cast<std::size_t>(info.st_size);
  if (size > most_bytes) {
    return {Code::kResourceExhausted, path.string() + ": larger than " + std::to_string(most_bytes) + " bytes"};
  }
  if (size + padding_bytes_ > capacity_) {
    bytes_.reset();  // the old one goes first, so that both are never held
    capacity_ = size + size / 4 + padding_bytes_;
    bytes_.reset(static_cast<char*>(::operator new(capacity_, kAlignment)));
  }
  std::size_t filled = 0;
  while (filled < size) {
    const ssize_t got = ::read(fd, bytes_.get() + filled, size - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Failed("read", path);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  std::memset(bytes_.get() + filled, 0, padding_bytes_);
  return std::string_view(bytes_.get(), filled);
}

}  // namespace inferometer::os
