#pragma once
// For tests: modes of new files, whatever the umask is that the tests are run under.

#include <sys/stat.h>

namespace inferometer::os {

// While it lives, the umask of the whole process is this one.
class ScopedUmask {
 public:
  explicit ScopedUmask(mode_t mask) : before_(::umask(mask)) {}
  ~ScopedUmask() { ::umask(before_); }
  ScopedUmask(const ScopedUmask&) = delete;
  ScopedUmask& operator=(const ScopedUmask&) = delete;

 private:
  mode_t before_;
};

}  // namespace inferometer::os
