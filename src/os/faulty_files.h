#pragma once
// For tests: the real file calls, of which the n-th fails.

#include <functional>

#include "os/files.h"

namespace inferometer::os {

// Counts every call and lets `fault` decide: an errno makes the call fail without being carried out, 0 lets it through.
// A faulted Write or WriteAt writes half of its bytes instead when `tear_writes` is set, as a full disk does. Not
// thread-safe.
class FaultyFileCalls final : public FileCalls {
 public:
  explicit FaultyFileCalls(std::function<int(int nth_call)> fault) : fault_(std::move(fault)) {}

  Result<int> Open(const std::filesystem::path& path, Access access) override {
    return FaultOr<Result<int>>("open " + path.string(), [&] { return real_.Open(path, access); });
  }
  Result<std::size_t> ReadAt(int fd, std::span<char> into, std::uint64_t offset) override {
    return FaultOr<Result<std::size_t>>("read", [&] { return real_.ReadAt(fd, into, offset); });
  }
  Result<std::size_t> WriteAt(int fd, std::string_view bytes, std::uint64_t offset) override {
    const int error = NextFault();
    if (error == 0) return real_.WriteAt(fd, bytes, offset);
    if (tear_writes && bytes.size() > 1) return real_.WriteAt(fd, bytes.substr(0, bytes.size() / 2), offset);
    return ErrnoStatus(error, "write");
  }
  Status SyncData(int fd) override {
    return FaultOr("fdatasync", [&] { return real_.SyncData(fd); });
  }
  Result<std::uint64_t> Size(int fd) override {
    return FaultOr<Result<std::uint64_t>>("stat", [&] { return real_.Size(fd); });
  }
  Status Truncate(int fd, std::uint64_t bytes) override {
    return FaultOr("truncate", [&] { return real_.Truncate(fd, bytes); });
  }
  Status Allocate(int fd, std::uint64_t bytes) override {
    return FaultOr("allocate", [&] { return real_.Allocate(fd, bytes); });
  }
  Result<std::vector<std::string>> List(const std::filesystem::path& folder) override {
    return FaultOr<Result<std::vector<std::string>>>("list " + folder.string(), [&] { return real_.List(folder); });
  }
  Status CreateFolder(const std::filesystem::path& folder) override {
    return FaultOr("create folder " + folder.string(), [&] { return real_.CreateFolder(folder); });
  }
  Result<Room> RoomOf(const std::filesystem::path& folder) override {
    return FaultOr<Result<Room>>("statvfs " + folder.string(), [&] { return real_.RoomOf(folder); });
  }
  Result<int> CreateForWriting(const std::filesystem::path& path) override {
    if (const int error = NextFault()) return ErrnoStatus(error, "create " + path.string());
    return real_.CreateForWriting(path);
  }
  Result<std::size_t> Write(int fd, std::string_view bytes) override {
    const int error = NextFault();
    if (error == 0) return real_.Write(fd, bytes);
    if (tear_writes && bytes.size() > 1) return real_.Write(fd, bytes.substr(0, bytes.size() / 2));
    return ErrnoStatus(error, "write");
  }
  Status Sync(int fd) override {
    return FaultOr("fsync", [&] { return real_.Sync(fd); });
  }
  Status Close(int fd) override {
    const Status closed = real_.Close(fd);  // a failed close(2) frees the descriptor, too
    return FaultOr("close", [&] { return closed; });
  }
  Status Rename(const std::filesystem::path& from, const std::filesystem::path& to) override {
    return FaultOr("rename", [&] { return real_.Rename(from, to); });
  }
  Status Unlink(const std::filesystem::path& path) override {
    return FaultOr("unlink", [&] { return real_.Unlink(path); });
  }
  Status SyncFolder(const std::filesystem::path& folder) override {
    return FaultOr("fsync folder", [&] { return real_.SyncFolder(folder); });
  }

  [[nodiscard]] int calls() const { return calls_; }
  bool tear_writes = false;

 private:
  int NextFault() { return fault_(++calls_); }
  template <typename Answer = Status, typename Call>
  Answer FaultOr(const std::string& what, Call call) {
    if (const int error = NextFault()) return ErrnoStatus(error, what);
    return call();
  }

  FileCalls& real_ = SystemFileCalls();
  std::function<int(int)> fault_;
  int calls_ = 0;
};

}  // namespace inferometer::os
