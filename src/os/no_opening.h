#pragma once
// For tests: from some moment on, opening a file or starting a program ends the process.

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstddef>
#include <iterator>

namespace inferometer::os {

// For all threads of the calling process, and for good: the kernel kills it with SIGSYS at open, openat, openat2,
// creat, execve or execveat. False where the kernel does not offer that.
[[nodiscard]] inline bool ForbidOpening() {
#define INFEROMETER_KILL_AT(number) \
  BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (number), 0, 1), BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)
  sock_filter filter[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      INFEROMETER_KILL_AT(SYS_openat),
#ifdef SYS_openat2
      INFEROMETER_KILL_AT(SYS_openat2),
#endif
#ifdef SYS_open
      INFEROMETER_KILL_AT(SYS_open),
      INFEROMETER_KILL_AT(SYS_creat),
#endif
      INFEROMETER_KILL_AT(SYS_execve),
      INFEROMETER_KILL_AT(SYS_execveat),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
#undef INFEROMETER_KILL_AT
  sock_fprog program{static_cast<unsigned short>(std::size(filter)), filter};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_TSYNC, &program) == 0;
}

}  // namespace inferometer::os
