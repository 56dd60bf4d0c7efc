#pragma once
// What was refused, as evidence.

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "os/files.h"
#include "os/open_file.h"

namespace inferometer::hub {

struct QuarantineLimits {
  std::size_t files = 1000;
  std::size_t bytes = std::size_t{16} << 20U;  // of payloads
  std::size_t payload_bytes = 65536;           // kept of one
  std::size_t a_second = 50;                   // new ones; what is more is counted only
};

// Since the start.
struct QuarantineCounters {
  std::uint64_t kept = 0;
  std::uint64_t passed_over = 0;  // came too fast
  std::uint64_t failed = 0;       // could not be written
};

// The number in the name of a payload's file; nothing for any other name.
[[nodiscard]] std::optional<std::uint64_t> ParsePayloadName(std::string_view name);

// A folder of the newest payloads that were refused, the oldest giving way: NUMBER-CHECKSUM.payload each, and
// index.jsonl with a line for each: {"file","received_at","topic","reason","bytes"}, where `bytes` counts the whole
// payload, also what was not kept of it. A payload is written as it came; a topic is cut short, and escaped.
//
// Nothing here is ever fatal, waits for the disk to be in sync, or is promised to survive a crash; what does is counted
// again at the next start. Files of other names are left alone. One thread at a time. `calls` and `clock` must outlive
// it.
class Quarantine {
 public:
  Quarantine(os::FileCalls& calls, std::filesystem::path folder, const base::Clock& clock,
             const QuarantineLimits& limits = {});

  // Takes over what an earlier run left.
  void Load();

  void Keep(std::string_view topic, std::string_view payload, std::string_view reason);

  [[nodiscard]] std::size_t files() const { return kept_.size(); }
  [[nodiscard]] std::size_t bytes() const { return bytes_; }
  [[nodiscard]] const QuarantineCounters& counters() const { return counters_; }

 private:
  struct Kept {
    std::string name;
    std::size_t bytes = 0;
    std::string line;  // of the index; empty where that lost it
  };

  [[nodiscard]] bool IsTooFast();
  [[nodiscard]] Status Write(std::string_view topic, std::string_view payload, std::string_view reason);
  [[nodiscard]] Status WritePayload(const std::string& name, std::string_view kept);
  [[nodiscard]] Status MakeRoom(std::size_t bytes);
  [[nodiscard]] Status AppendToIndex(const std::string& line);
  [[nodiscard]] Status RewriteIndex();
  void ReadIndex();

  os::FileCalls& calls_;
  std::filesystem::path folder_;
  const base::Clock& clock_;
  QuarantineLimits limits_;
  std::deque<Kept> kept_;  // oldest first
  std::size_t bytes_ = 0;
  std::uint64_t next_number_ = 1;
  bool is_there_ = false;  // the folder
  std::optional<os::OpenFile> index_;
  std::uint64_t index_bytes_ = 0;
  std::size_t index_lines_ = 0;  // in the file, also of payloads that gave way
  std::chrono::nanoseconds second_began_{};
  std::size_t in_this_second_ = 0;
  QuarantineCounters counters_;
};

}  // namespace inferometer::hub
