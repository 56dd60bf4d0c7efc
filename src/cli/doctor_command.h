#pragma once
// What `inferometer doctor` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <string>

#include "engine/llama_engine.h"
#include "os/files.h"

namespace inferometer::cli {

struct DoctorArguments {
  bool as_json = false;
  std::filesystem::path meter;  // empty: none
  double meter_uncertainty_percent = 2;
  std::filesystem::path sysfs = "/sys";
  std::filesystem::path procfs = "/proc";
  std::filesystem::path profile;  // empty: the default one

  bool calibrate = false;
  engine::ModelOptions model;
  int seconds = 30;
};

// Answers on `out`, where nothing but data goes; what was wrong goes to `err`, and progress, too, when it is a
// terminal. Gives the exit code: 0 when it could look, however little there is; with `calibrate` 1 when no profile was
// written.
[[nodiscard]] int RunDoctor(const DoctorArguments& arguments, os::FileCalls& files, std::FILE* out, std::FILE* err);

}  // namespace inferometer::cli
