#pragma once
// For tests: the real file calls, of which the n-th fails.

#include <functional>

#include "os/files.h"

namespace inferometer::os {

// Counts every call and lets `fault` decide: an errno makes the call fail without being carried out, 0 lets it through.
// A faulted Write first writes half of its bytes when `tear_writes` is set, as a full disk does. Not thread-safe.
class FaultyFileCalls final : public FileCalls {
 public:
  explicit FaultyFileCalls(std::function<int(int nth_call)> fault) : fault_(std::move(fault)) {}

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
  template <typename Call>
  Status FaultOr(const char* what, Call call) {
    if (const int error = NextFault()) return ErrnoStatus(error, what);
    return call();
  }

  FileCalls& real_ = SystemFileCalls();
  std::function<int(int)> fault_;
  int calls_ = 0;
};

}  // namespace inferometer::os
