#include "os/open_file.h"

#include <utility>

namespace inferometer::os {
namespace {

// Reads until `into` is full or the file ends.
Result<std::size_t> ReadWhileThereIsMore(FileCalls& calls, int fd, std::span<char> into, std::uint64_t offset) {
  std::size_t filled = 0;
  while (filled < into.size()) {
    ASSIGN_OR_RETURN(const std::size_t got, calls.ReadAt(fd, into.subspan(filled), offset + filled));
    if (got == 0) break;
    filled += got;
  }
  return filled;
}

}  // namespace

Status WriteAllAt(FileCalls& calls, int fd, std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    ASSIGN_OR_RETURN(const std::size_t written, calls.WriteAt(fd, bytes, offset));
    if (written == 0) return {Code::kResourceExhausted, "write: no byte was taken"};
    bytes.remove_prefix(written);
    offset += written;
  }
  return Ok();
}

Status ReadExactlyAt(FileCalls& calls, int fd, std::span<char> into, std::uint64_t offset) {
  ASSIGN_OR_RETURN(const std::size_t got, ReadWhileThereIsMore(calls, fd, into, offset));
  if (got == into.size()) return Ok();
  return {Code::kDataLoss, "the file ends at byte " + std::to_string(offset + got) + ", " +
                               std::to_string(into.size() - got) + " bytes early"};
}

Result<OpenFile> OpenFile::Open(FileCalls& calls, const std::filesystem::path& path, Access access) {
  ASSIGN_OR_RETURN(const int fd, calls.Open(path, access));
  return OpenFile(calls, fd, path);
}

OpenFile::OpenFile(OpenFile&& other) noexcept
    : calls_(other.calls_), fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
OpenFile& OpenFile::operator=(OpenFile&& other) noexcept {
  std::swap(calls_, other.calls_);
  std::swap(fd_, other.fd_);
  std::swap(path_, other.path_);
  return *this;
}
OpenFile::~OpenFile() { Close().IgnoreBecause("a destructor has nobody to tell"); }

Status OpenFile::WriteAllAt(std::string_view bytes, std::uint64_t offset) {
  return Named(os::WriteAllAt(*calls_, fd_, bytes, offset));
}

Status OpenFile::ReadExactlyAt(std::span<char> into, std::uint64_t offset) const {
  return Named(os::ReadExactlyAt(*calls_, fd_, into, offset));
}

Result<std::size_t> OpenFile::ReadUpTo(std::span<char> into, std::uint64_t offset) const {
  Result<std::size_t> got = ReadWhileThereIsMore(*calls_, fd_, into, offset);
  if (!got.ok()) return Named(got.status());
  return got;
}

Status OpenFile::SyncData() { return Named(calls_->SyncData(fd_)); }

Result<std::uint64_t> OpenFile::Size() const {
  Result<std::uint64_t> bytes = calls_->Size(fd_);
  if (!bytes.ok()) return Named(bytes.status());
  return bytes;
}

Status OpenFile::Truncate(std::uint64_t bytes) { return Named(calls_->Truncate(fd_, bytes)); }
Status OpenFile::Allocate(std::uint64_t bytes) { return Named(calls_->Allocate(fd_, bytes)); }

Status OpenFile::Close() {
  const int fd = Release();
  return fd < 0 ? Ok() : Named(calls_->Close(fd));
}

int OpenFile::Release() { return std::exchange(fd_, -1); }

Status OpenFile::Named(const Status& status) const {
  if (status.ok()) return status;
  return {status.code(), path_ + ": " + status.message()};
}

}  // namespace inferometer::os
