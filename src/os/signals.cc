#include "os/signals.h"

#include <pthread.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>

#include "os/files.h"

namespace inferometer::os {
namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM, SIGHUP};
// A terminal's Ctrl-C and what a script passes on arrive as two signals and mean one thing.
constexpr std::chrono::milliseconds kSameWish{1000};

sigset_t StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  return set;
}

[[noreturn]] void DieOf(int signal) {
  ::signal(signal, SIG_DFL);
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
  ::kill(::getpid(), signal);
  ::_exit(128 + signal);
}

}  // namespace

Result<std::unique_ptr<SignalWatch>> SignalWatch::Start(std::function<void(int signal)> on_stop) {
  ::signal(SIGXFSZ, SIG_IGN);
  const sigset_t set = StopSignals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  const int signal_fd = ::signalfd(-1, &set, SFD_CLOEXEC);
  if (signal_fd < 0) return ErrnoStatus(errno, "signalfd");
  auto over = Doorbell::Make();
  if (over.ok()) {
    return std::unique_ptr<SignalWatch>(new SignalWatch(std::move(on_stop), signal_fd, std::move(*over)));
  }
  ::close(signal_fd);
  return over.status();
}

SignalWatch::SignalWatch(std::function<void(int)> on_stop, int signal_fd, Doorbell over)
    : on_stop_(std::move(on_stop)), signal_fd_(signal_fd), over_(std::move(over)), thread_([this] { Watch(); }) {}

SignalWatch::~SignalWatch() {
  over_.Ring();
  thread_.join();
  ::close(signal_fd_);
}

void SignalWatch::Watch() {
  std::optional<std::chrono::steady_clock::time_point> stopped;
  for (;;) {
    const Woken woken = over_.Wait(signal_fd_, false, std::chrono::hours(1));
    if (woken.rung) return;
    if (!woken.readable) continue;
    signalfd_siginfo info{};
    if (::read(signal_fd_, &info, sizeof info) != sizeof info) continue;
    const auto now = std::chrono::steady_clock::now();
    if (stopped && now - *stopped < kSameWish) continue;
    if (stopped) DieOf(static_cast<int>(info.ssi_signo));
    stopped = now;
    on_stop_(static_cast<int>(info.ssi_signo));
  }
}

}  // namespace inferometer::os
