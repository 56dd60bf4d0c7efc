#pragma once
// What `inferometer verify` does once its options are read.

#include <cstdio>
#include <filesystem>

#include "os/files.h"

namespace inferometer::cli {

struct VerifyArguments {
  std::filesystem::path directory;
  std::filesystem::path lake;  // empty: the folder "lake" of the directory
  bool as_json = false;
};

// Answers on `out`; says on `err` why it could not look; progress goes there, too, when it is a terminal and the work
// takes more than a second. Gives the exit code: 0 when all is well, 1 with findings or when it could not look. Changes
// nothing on disk, and may run beside whoever writes there.
[[nodiscard]] int RunVerify(const VerifyArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
