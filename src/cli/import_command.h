#pragma once
// What `inferometer import` does once its options are read.

#include <cstdio>
#include <filesystem>
#include <stop_token>
#include <string>

#include "os/files.h"

namespace inferometer::cli {

enum class ImportFormat { kAuto, kOlder, kLlamaBench, kAiperf, kLlamaServer, kOllama };

struct ImportArguments {
  std::filesystem::path from;
  std::filesystem::path out = "metrics";
  ImportFormat format = ImportFormat::kAuto;
  std::string device_id = "imported";
  std::string device_name;  // empty: the id
  std::string model;        // empty: as the lines say
  std::string measured_at;  // RFC 3339; empty: as the lines say
};

// Makes metrics files of what other programs, or the older system, wrote. Says on `err` what was done and what could
// not be taken. Gives the exit code: 0, 1 when something could not be taken or written (the rest is; so does a stop), 2
// for options that cannot be.
[[nodiscard]] int RunImport(const ImportArguments& arguments, os::FileCalls& files, const std::stop_token& stop,
                            std::FILE* err);

}  // namespace inferometer::cli
