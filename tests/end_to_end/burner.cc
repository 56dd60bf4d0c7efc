// burner CPU_SECONDS THREADS MB: touches and gives back so much memory, burns so much CPU time, and says as JSON what
// the kernel has counted for it, and when it began and ended by CLOCK_MONOTONIC. Compiled by test_measure.py.
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <vector>

namespace {

double ThreadSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

void Touch(std::size_t bytes) {
  if (bytes == 0) return;
  void* pages = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (pages == MAP_FAILED) std::exit(1);
  std::memset(pages, 1, bytes);
  munmap(pages, bytes);
}

double Now() {
  timespec time{};
  clock_gettime(CLOCK_MONOTONIC, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

double Seconds(timeval time) { return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec); }

}  // namespace

int main(int count, char** arguments) {
  const double begin = Now();
  if (count != 4) return 2;
  const int threads = std::atoi(arguments[2]);
  const double each = std::atof(arguments[1]) / threads;
  Touch(static_cast<std::size_t>(std::atoi(arguments[3])) << 20U);
  std::vector<std::thread> burning;
  for (int i = 0; i < threads; ++i) {
    burning.emplace_back([each] {
      const double before = ThreadSeconds();
      while (ThreadSeconds() - before < each) {
      }
    });
  }
  for (std::thread& one : burning) one.join();
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf("{\"cpu_seconds\": %.6f, \"peak_kb\": %ld, \"begin\": %.6f, \"end\": %.6f}\n",
              Seconds(usage.ru_utime) + Seconds(usage.ru_stime), usage.ru_maxrss, begin, Now());
}
