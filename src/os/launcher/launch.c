// Starts one command and says what it took. It is a program of its own, and a small one, because a child's peak memory
// (ru_maxrss) begins at the size of the process that it was forked from: from here that is less than 1 MB.
//
// launch CONTROL_FD REPORT_FD COMMAND [ARGUMENT...]: see launch_report.h. It is the subreaper of what it starts, so
// that processes whose parent has gone stay below it and are counted when they end. It takes no signal itself; the
// command starts with the mask and the dispositions that the launcher was started with.

#define _GNU_SOURCE
#include "launch_report.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { FAILED = 125, NOT_EXECUTED = 127 };

// Written by the command's process before it executes, read here.
struct shared {
  volatile int64_t begin_ns;
  volatile int64_t exec_error;
};

struct launch {
  int control;
  int report;
  int go;  // -1: has been given
  int child_signals;
  struct shared* shared;
  struct launch_report said;
  int ended;
};

static int64_t now_ns(void) {
  struct timespec time = {0, 0};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

static int64_t in_us(struct timeval time) { return (int64_t)time.tv_sec * 1000000 + time.tv_usec; }

static ssize_t read_again(int fd, void* bytes, size_t size) {
  ssize_t got = -1;
  do got = read(fd, bytes, size);
  while (got < 0 && errno == EINTR);
  return got;
}

static void send_report(struct launch* launch, uint32_t kind) {
  launch->said.magic = LAUNCH_MAGIC;
  launch->said.kind = kind;
  ssize_t sent = -1;
  do sent = write(launch->report, &launch->said, sizeof launch->said);
  while (sent < 0 && errno == EINTR);
}

// Of the command's process: never returns.
static void execute(struct shared* shared, int go, char** command, const sigset_t* mask,
                    const struct sigaction* on_child) {
  unsigned char byte = 0;
  if (read_again(go, &byte, 1) != 1) _exit(FAILED);
  sigaction(SIGCHLD, on_child, NULL);
  sigprocmask(SIG_SETMASK, mask, NULL);
  shared->begin_ns = now_ns();
  execvp(command[0], command);
  shared->exec_error = errno;
  _exit(NOT_EXECUTED);
}

static void report_end(struct launch* launch) {
  struct rusage usage = {0};
  getrusage(RUSAGE_CHILDREN, &usage);
  launch->said.exec_error = launch->shared->exec_error;
  launch->said.begin_ns = launch->shared->begin_ns;
  launch->said.cpu_us = in_us(usage.ru_utime) + in_us(usage.ru_stime);
  launch->said.peak_kb = usage.ru_maxrss;
  launch->said.major_faults = usage.ru_majflt;
  launch->said.preempted = usage.ru_nivcsw;
  send_report(launch, LAUNCH_ENDED);
}

static void reap(struct launch* launch) {
  const int had_ended = launch->ended;
  for (;;) {
    int status = 0;
    const pid_t pid = waitpid(-1, &status, WNOHANG);
    if (pid <= 0) break;
    ++launch->said.reaped;
    if (pid != launch->said.command_pid) continue;
    launch->said.end_ns = now_ns();
    launch->said.wait_status = status;
    launch->ended = 1;
  }
  if (launch->ended && !had_ended) report_end(launch);
}

static void obey(struct launch* launch) {
  unsigned char wish = 0;
  if (read_again(launch->control, &wish, 1) != 1) exit(0);
  if (wish == LAUNCH_GO && launch->go >= 0) {
    if (write(launch->go, &wish, 1) != 1) exit(FAILED);
    close(launch->go);
    launch->go = -1;
  } else if (wish != LAUNCH_GO && !launch->ended) {
    kill((pid_t)launch->said.command_pid, wish);  // not reaped yet, so the number is its own
  }
}

static void watch(struct launch* launch) {
  for (;;) {
    struct pollfd fds[2] = {{.fd = launch->control, .events = POLLIN}, {.fd = launch->child_signals, .events = POLLIN}};
    if (poll(fds, 2, -1) < 0) continue;
    if (fds[1].revents != 0) {
      struct signalfd_siginfo info;
      if (read_again(launch->child_signals, &info, sizeof info) > 0) reap(launch);
    }
    if (fds[0].revents != 0) obey(launch);
  }
}

int main(int count, char** arguments) {
  if (count < 4) return FAILED;
  struct launch launch = {.control = atoi(arguments[1]), .report = atoi(arguments[2])};
  fcntl(launch.control, F_SETFD, FD_CLOEXEC);
  fcntl(launch.report, F_SETFD, FD_CLOEXEC);
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

  sigset_t all;
  sigset_t mask;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, &mask);
  const struct sigaction by_default = {.sa_handler = SIG_DFL};
  struct sigaction on_child;
  sigaction(SIGCHLD, &by_default, &on_child);  // ignored, as one may inherit it, nothing could be waited for
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  launch.child_signals = signalfd(-1, &children, SFD_CLOEXEC);

  int go[2];
  void* shared = mmap(NULL, sizeof(struct shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (launch.child_signals < 0 || shared == MAP_FAILED || pipe2(go, O_CLOEXEC) != 0) return FAILED;
  launch.shared = shared;
  launch.go = go[1];

  const pid_t command = fork();
  if (command < 0) return FAILED;
  if (command == 0) {
    close(go[1]);
    execute(launch.shared, go[0], arguments + 3, &mask, &on_child);
  }
  close(go[0]);
  launch.said.command_pid = command;
  send_report(&launch, LAUNCH_READY);
  watch(&launch);
}
