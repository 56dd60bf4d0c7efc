#pragma once
// Reading a file, a pipe or the standard input from front to back.

#include <cstddef>
#include <span>
#include <string>

#include "inferometer/status.h"
#include "os/doorbell.h"

namespace inferometer::os {

// Movable; one thread at a time.
class InputStream {
 public:
  // "-" is the standard input, which stays open at destruction. When `stop` is given (it must outlive the stream),
  // ringing it ends a Read that waits: kCancelled, now and later. With it, a named pipe that nobody writes to yet is
  // open at once, and Read waits for the writer.
  [[nodiscard]] static Result<InputStream> Open(const std::string& path, const Doorbell* stop = nullptr);
  InputStream(InputStream&& other) noexcept;
  InputStream& operator=(InputStream&& other) noexcept;
  ~InputStream();

  // Waits for input; returns how many bytes of the span were filled, 0 at the end.
  [[nodiscard]] Result<std::size_t> Read(std::span<char> buffer) const;

 private:
  InputStream(int fd, std::string path, const Doorbell* stop) : fd_(fd), path_(std::move(path)), stop_(stop) {}
  int fd_ = -1;
  std::string path_;
  const Doorbell* stop_ = nullptr;
};

}  // namespace inferometer::os
