#pragma once
// What the launcher and the program that started it say to each other, over two pipes. Both are built together and run
// on one machine, so the bytes are those of the structure. C and C++.

#include <stdint.h>

// Down, one byte each: begin, or the number of a signal for the command. The end of the pipe: nobody listens any more.
#define LAUNCH_GO 0

// Up: one report when the command can begin, one when it has ended.
#define LAUNCH_MAGIC 0x4c464e49U  // "INFL"
#define LAUNCH_READY 1U
#define LAUNCH_ENDED 2U

struct launch_report {
  uint32_t magic;
  uint32_t kind;
  int64_t command_pid;
  // The rest stands only in LAUNCH_ENDED.
  int64_t exec_error;   // errno of a command that could not be executed; 0: it was
  int64_t wait_status;  // as wait(2) gives it
  int64_t begin_ns;     // CLOCK_MONOTONIC, right before exec and right after the command was waited for
  int64_t end_ns;
  int64_t cpu_us;        // of all that was waited for, by the command, its children, and the launcher
  int64_t peak_kb;       // 1024 bytes; of the largest of them
  int64_t major_faults;  // of all of them
  int64_t preempted;     // of all of them: involuntary context switches
  int64_t reaped;        // processes that the launcher waited for: the command, and orphans of it
};
