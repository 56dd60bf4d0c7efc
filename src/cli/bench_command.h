#pragma once
// What `inferometer bench` does once its options are read.

#include <cstdio>

#include "cli/bench_plan.h"

namespace inferometer::cli {

// Answers on `out`, says on `err` what happens. The exit code: 0; 1 where the bench was stopped, could not be run, or
// some of its runs failed; 2 for wrong usage. Takes SIGINT, SIGTERM and SIGHUP; to be called once a process, before
// other threads are started.
[[nodiscard]] int RunBench(BenchArguments& arguments, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
