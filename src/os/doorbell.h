#pragma once
// Waiting for a file descriptor in a way that another thread, or a signal handler, can end.

#include <chrono>

#include "inferometer/status.h"

namespace inferometer::os {

// What a wait ended with; nothing set means that the time was over.
struct Woken {
  bool rung = false;
  bool readable = false;  // there is input, or an end or error that the next read will tell
  bool writable = false;
};

// Stays rung until it is silenced. Movable. Ring may be called from any thread and from a signal handler; the rest
// belongs to the thread that waits.
class Doorbell {
 public:
  [[nodiscard]] static Result<Doorbell> Make();
  Doorbell(Doorbell&& other) noexcept;
  Doorbell& operator=(Doorbell&& other) noexcept;
  ~Doorbell();

  void Ring() const;
  void Silence() const;
  // Waits for the bell and for `fd` (below 0: for the bell alone). A signal does not end the wait.
  [[nodiscard]] Woken Wait(int fd, bool for_writing, std::chrono::milliseconds at_most) const;

 private:
  explicit Doorbell(int fd) : fd_(fd) {}
  int fd_ = -1;
};

// A second hold on a connected TCP socket. Closing a socket that has unread input sends a reset, which can destroy what
// was sent just before; so whoever says good-bye holds on until the peer has closed, too.
class LingeringSocket {
 public:
  explicit LingeringSocket(int fd);  // the socket stays the caller's
  LingeringSocket(const LingeringSocket&) = delete;
  LingeringSocket& operator=(const LingeringSocket&) = delete;
  ~LingeringSocket();

  // Says that nothing more will be sent, and reads and forgets what comes until the peer closes or the time is over.
  void AwaitClose(std::chrono::milliseconds at_most) const;

 private:
  int fd_ = -1;
};

// While it lives, what is written to a connected TCP socket is gathered into full packets, at most 200 ms long; then
// the rest goes. Spares the peer a wake-up for each of many small writes. Does nothing for other descriptors.
class GatheredWrites {
 public:
  explicit GatheredWrites(int fd);  // the socket stays the caller's, and open
  GatheredWrites(const GatheredWrites&) = delete;
  GatheredWrites& operator=(const GatheredWrites&) = delete;
  ~GatheredWrites();

 private:
  int fd_ = -1;
};

}  // namespace inferometer::os
