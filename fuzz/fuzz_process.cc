// What the kernel says of other processes, and the launcher of its command: whatever the bytes, an answer.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "os/child_program.h"
#include "probe/process_tree.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto stat = probe::ParseProcessStat(bytes);
  if (stat.ok() && (stat->pid <= 0 || stat->threads < 0)) std::abort();
  if (!stat.ok() && stat.status().offset_bytes().value_or(size + 1) > size) std::abort();
  constexpr std::size_t kMost = 16;
  std::vector<pid_t> pids;
  const Status children = probe::ParseChildren(bytes, kMost, pids);
  if (pids.size() > kMost || (!children.ok() && children.offset_bytes().value_or(size + 1) > size)) std::abort();
  const auto report = os::ParseLaunchReport(bytes);
  if (report.ok() && report->kind == LAUNCH_ENDED) {
    const os::ProgramEnd end = os::EndOf(*report, "command");
    if (end.exit_code < 0 || end.exit_code > 255 || end.end < end.begin) std::abort();
  }
  return 0;
}
