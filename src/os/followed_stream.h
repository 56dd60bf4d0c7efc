#pragma once
// What another program writes at its own pace: a file that grows, a FIFO, or a Unix stream socket.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>

#include "inferometer/status.h"
#include "os/doorbell.h"

namespace inferometer::os {

// Movable; one thread at a time.
class FollowedStream {
 public:
  // What a file or a FIFO held before is passed over; a socket is connected to. kNotFound, kPermissionDenied,
  // kUnavailable (nobody listens); kInvalidArgument where the path is something else.
  [[nodiscard]] static Result<FollowedStream> Open(const std::filesystem::path& path);
  FollowedStream(FollowedStream&& other) noexcept;
  FollowedStream& operator=(FollowedStream&& other) noexcept;
  ~FollowedStream();

  // Waits for bytes and returns how many of the span were filled, at least one. kCancelled once `stop` was rung;
  // kUnavailable where a socket was closed or a file removed, kDataLoss where a file was made shorter: then open it
  // anew. A FIFO that nobody writes to any more waits for the next writer. Looks after a file every 20 ms.
  [[nodiscard]] Result<std::size_t> Read(std::span<char> buffer, const Doorbell& stop);

 private:
  enum class Kind { kFile, kFifo, kSocket };
  FollowedStream(int fd, Kind kind, std::string path) : fd_(fd), kind_(kind), path_(std::move(path)) {}
  [[nodiscard]] static Result<FollowedStream> Connect(const std::filesystem::path& path);
  [[nodiscard]] Status PassOverThePast() const;
  [[nodiscard]] Status WhyEnded() const;

  int fd_ = -1;
  Kind kind_ = Kind::kFile;
  std::string path_;
};

}  // namespace inferometer::os
