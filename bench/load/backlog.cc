// Fills a device's folder with records that no hub has seen, as weeks offline leave it: all of them in the journal, and
// in files.
//   bench-backlog DIR DEVICE_ID RECORDS
#include <fmt/format.h>

#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/clock.h"
#include "device/record_keeping.h"
#include "load/record_lines.h"
#include "os/files.h"

namespace inferometer::bench {
namespace {

constexpr std::uint64_t kRecordsASync = 4096;
constexpr std::uint64_t kRecordsAFile = 10'000;
constexpr std::uint64_t kStream = 0x0ff1'1e00'0000'0001;

Status Fill(const std::string& folder, const std::string& device_id, std::uint64_t records) {
  const base::SystemClock clock;
  device::KeepingOptions options{.folder = folder, .device_id = device_id, .is_shipping = true};
  options.journal.stream = kStream;
  RETURN_IF_ERROR(os::CreateFolders(folder));
  ASSIGN_OR_RETURN(auto keeping, device::RecordKeeping::Open(options, os::SystemFileCalls(), clock));
  const RecordLines lines(device_id, kStream);
  for (std::uint64_t sequence = 1; sequence <= records; ++sequence) {
    keeping->Append(sequence, lines.Line(sequence));
    if (sequence % kRecordsASync == 0) RETURN_IF_ERROR(keeping->Sync());
    if (sequence % kRecordsAFile == 0) RETURN_IF_ERROR(keeping->Save().status());
  }
  RETURN_IF_ERROR(keeping->Save().status());
  if (keeping->lost_records() > 0) return {Code::kResourceExhausted, "the journal has no room for so many records"};
  return keeping->Close();
}

}  // namespace
}  // namespace inferometer::bench

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: bench-backlog DIR DEVICE_ID RECORDS\n");
    return 2;
  }
  const auto status = inferometer::bench::Fill(argv[1], argv[2], std::strtoull(argv[3], nullptr, 10));
  if (!status.ok()) fmt::print(stderr, "bench-backlog: {}\n", status.message());
  return status.ok() ? 0 : 1;
}
