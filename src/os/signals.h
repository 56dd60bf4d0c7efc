#pragma once
// Ctrl-C and its relatives, as one call on an ordinary thread.

#include <functional>
#include <memory>
#include <thread>

#include "inferometer/status.h"
#include "os/doorbell.h"

namespace inferometer::os {

// While it lives, SIGINT, SIGTERM and SIGHUP are blocked in every thread that is started after it, and the first one of
// them calls `on_stop` once, on a thread of its own. One that comes a second or more later ends the process as if
// nobody had listened. Make it before any other thread, once per process. From then on a write beyond the limit of a
// file's size is an error (EFBIG), as on a full disk, and no signal that ends the process.
class SignalWatch {
 public:
  [[nodiscard]] static Result<std::unique_ptr<SignalWatch>> Start(std::function<void(int signal)> on_stop);
  ~SignalWatch();
  SignalWatch(const SignalWatch&) = delete;
  SignalWatch& operator=(const SignalWatch&) = delete;

 private:
  SignalWatch(std::function<void(int)> on_stop, int signal_fd, Doorbell over);
  void Watch();

  std::function<void(int)> on_stop_;
  int signal_fd_;
  Doorbell over_;
  std::thread thread_;
};

}  // namespace inferometer::os
