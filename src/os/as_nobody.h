#pragma once
// For tests: what a user without rights meets, also when root runs the tests.

#include <unistd.h>

namespace inferometer::os {

// While it lives, root is the user nobody (65534); anyone else stays who they are. For the whole process; one at a
// time.
class AsNobody {
 public:
  AsNobody() { changed_ = ::geteuid() == 0 && ::seteuid(65534) == 0; }
  ~AsNobody() {
    if (changed_ && ::seteuid(0) != 0) ::_exit(1);
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  bool changed_ = false;
};

}  // namespace inferometer::os
