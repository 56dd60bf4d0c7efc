#include "os/whole_file_writer.h"

#include <system_error>
#include <utility>

namespace inferometer::os {
namespace {

// Whole blocks of so many bytes: a write that begins or ends inside a page costs half as much again.
constexpr std::size_t kBlockBytes = std::size_t{1} << 16;

}  // namespace

Status CheckReplaceable(const std::filesystem::path& path) {
  std::error_code ignored;
  const std::filesystem::file_status status = std::filesystem::status(path, ignored);
  const bool is_special = std::filesystem::exists(status) && !std::filesystem::is_regular_file(status) &&
                          !std::filesystem::is_directory(status);
  if (!is_special) return Ok();
  return {Code::kInvalidArgument, path.string() + ": a device or a pipe, which no file may take the place of"};
}

Result<WholeFileWriter> WholeFileWriter::Open(FileCalls& calls, const std::filesystem::path& path) {
  RETURN_IF_ERROR(CheckReplaceable(path));
  std::filesystem::path temporary = path;
  temporary += kTemporarySuffix;
  ASSIGN_OR_RETURN(const int fd, calls.CreateForWriting(temporary));
  return WholeFileWriter(calls, path, std::move(temporary), fd);
}

WholeFileWriter::WholeFileWriter(WholeFileWriter&& other) noexcept
    : calls_(other.calls_),
      path_(std::move(other.path_)),
      temporary_(std::exchange(other.temporary_, {})),
      fd_(std::exchange(other.fd_, -1)),
      buffer_(std::move(other.buffer_)) {}

WholeFileWriter& WholeFileWriter::operator=(WholeFileWriter&& other) noexcept {
  std::swap(calls_, other.calls_);
  std::swap(path_, other.path_);
  std::swap(temporary_, other.temporary_);
  std::swap(fd_, other.fd_);
  std::swap(buffer_, other.buffer_);
  return *this;
}

WholeFileWriter::~WholeFileWriter() {
  if (fd_ >= 0) calls_->Close(fd_).IgnoreBecause("the file goes away");
  if (!temporary_.empty()) calls_->Unlink(temporary_).IgnoreBecause("nothing was promised; readers pass over it");
}

Status WholeFileWriter::Append(std::string_view bytes) {
  buffer_ += bytes;
  return Write(buffer_.size() / kBlockBytes * kBlockBytes);
}

Status WholeFileWriter::Sync() {
  RETURN_IF_ERROR(Flush());
  return Named(calls_->Sync(fd_));
}

Status WholeFileWriter::Commit() {
  RETURN_IF_ERROR(Sync());
  RETURN_IF_ERROR(Named(calls_->Close(std::exchange(fd_, -1))));
  RETURN_IF_ERROR(calls_->Rename(temporary_, path_));
  temporary_.clear();
  return calls_->SyncFolder(path_.has_parent_path() ? path_.parent_path() : std::filesystem::path("."));
}

Status WholeFileWriter::CommitUnsynced() {
  RETURN_IF_ERROR(Flush());
  RETURN_IF_ERROR(Named(calls_->Close(std::exchange(fd_, -1))));
  RETURN_IF_ERROR(calls_->Rename(temporary_, path_));
  temporary_.clear();
  return Ok();
}

Status WholeFileWriter::Flush() { return Write(buffer_.size()); }

// The first so many of the buffer.
Status WholeFileWriter::Write(std::size_t bytes) {
  if (bytes == 0) return Ok();
  for (std::string_view rest = std::string_view(buffer_).substr(0, bytes); !rest.empty();) {
    const auto written = calls_->Write(fd_, rest);
    if (!written.ok()) return Named(written.status());
    if (written.value() == 0) return Named({Code::kResourceExhausted, "write: no byte was taken"});
    rest.remove_prefix(written.value());
  }
  buffer_.erase(0, bytes);
  return Ok();
}

Status WholeFileWriter::Named(const Status& status) const {
  return status.ok() ? status : Status(status.code(), path_.string() + ": " + status.message());
}

}  // namespace inferometer::os
