// What keeping a record costs on this disk, and how long a start takes after a crash.
//   bench-journal DIR [--quick | --round]
// DIR is emptied first. Exit code 1 when a figure is beyond its bound. --round measures keeping only, briefly, and
// prints the medians as JSON, for bench/journal.py, which takes turns with others.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/quantile.h"
#include "device/record_keeping.h"
#include "figures.h"
#include "load/record_lines.h"
#include "os/files.h"
#include "store/journal.h"
#include "store/journal_reader.h"

namespace inferometer::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kDevice = "bench-journal";
constexpr std::uint64_t kStream = 7;
constexpr int kRecordsASync = 64;  // as the device's keeper has it
constexpr std::uint64_t kMb = std::uint64_t{1} << 20U;
constexpr double kMostRecoverySeconds = 2.0;

// A journal's owner that needs nothing: only the journal itself is measured.
class NoOwner final : public store::JournalOwner {
 public:
  std::string Checkpoint() override { return {}; }
  bool IsDone(const store::SegmentInfo&) override { return true; }
  Status GiveUp(const store::SegmentInfo&) override { return Ok(); }
  void OnDurable(store::EntryType, std::uint64_t, store::Position, std::string) override {}
  void OnDropped(std::uint64_t, std::string_view) override {}
};

std::filesystem::path Emptied(const std::filesystem::path& folder) {
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder;
}

struct Times {
  std::vector<double> append_us;  // of each record
  std::vector<double> sync_us;    // of each batch
  std::vector<double> batch_us;   // of all records of a batch and their sync
};

// `append` takes a record's number and line, `sync` makes durable what was appended.
template <typename AppendOne, typename SyncAll>
Times Measure(int batches, AppendOne append, SyncAll sync) {
  const RecordLines lines(kDevice, kStream);
  Times times;
  std::uint64_t sequence = 0;
  for (int batch = -4; batch < batches; ++batch) {  // the first warm up
    const auto begin = Clock::now();
    for (int i = 0; i < kRecordsASync; ++i) {
      const std::string line = lines.Line(++sequence);
      const auto before = Clock::now();
      append(sequence, line);
      if (batch >= 0) times.append_us.push_back(Microseconds(Clock::now() - before));
    }
    const auto appended = Clock::now();
    sync();
    const auto end = Clock::now();
    if (batch < 0) continue;
    times.sync_us.push_back(Microseconds(end - appended));
    times.batch_us.push_back(Microseconds(end - begin));
  }
  return times;
}

void Print(Figures& figures, const std::string& who, Times& times) {
  const auto row = [&](const std::string& what, std::vector<double>& us, double q) {
    figures.Row(fmt::format("{}: {}, p{:g}", who, what, 100 * q), base::QuantileType7(us, q), "us");
  };
  for (const double q : {0.5, 0.99, 0.999}) row("append 1 KB", times.append_us, q);
  for (const double q : {0.5, 0.99}) row("sync of 64", times.sync_us, q);
}

Times MeasureJournal(const std::filesystem::path& folder, int batches) {
  const base::SystemClock clock;
  NoOwner owner;
  store::JournalOptions options{.folder = Emptied(folder), .owner = kDevice, .stream = kStream};
  auto journal = store::Journal::Open(options, os::SystemFileCalls(), clock, owner);
  if (!journal.ok()) return {};
  return Measure(
      batches,
      [&](std::uint64_t sequence, const std::string& line) {
        (*journal)->Append(store::EntryType::kRecord, sequence, line);
        (*journal)->Write().IgnoreBecause("the sync says so");
      },
      [&] {
        if (!(*journal)->Sync().ok()) fmt::print("the journal could not sync\n");
      });
}

// The least that durable records take: a file that grows, and fdatasync.
Times MeasurePlainFile(const std::filesystem::path& folder, int batches) {
  const int fd = ::open((Emptied(folder) / "plain").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  bool good = fd >= 0;
  Times times = Measure(
      batches,
      [&](std::uint64_t, const std::string& line) {
        good &= ::write(fd, line.data(), line.size()) == static_cast<ssize_t>(line.size());
      },
      [&] { good &= ::fdatasync(fd) == 0; });
  ::close(fd);
  if (!good) fmt::print("the plain file could not be written\n");
  return times;
}

device::KeepingOptions KeepingIn(const std::filesystem::path& folder, std::uint64_t segment_bytes) {
  device::KeepingOptions options{.folder = folder, .device_id = kDevice, .is_shipping = true};
  options.journal.stream = kStream;
  options.journal.segment_bytes = segment_bytes;
  return options;
}

// So many bytes of records that stand in no file and that no hub has. `closed`: its last segment is sealed.
bool Fill(const device::KeepingOptions& options, std::uint64_t bytes, bool closed) {
  const base::SystemClock clock;
  auto keeping = device::RecordKeeping::Open(options, os::SystemFileCalls(), clock);
  if (!keeping.ok()) return false;
  const RecordLines lines(kDevice, kStream);
  for (std::uint64_t sequence = 1; (*keeping)->journal().bytes() < bytes; ++sequence) {
    (*keeping)->Append(sequence, lines.Line(sequence));
    if (sequence % 1024 == 0 && !(*keeping)->Sync().ok()) return false;
  }
  return !closed || (*keeping)->Close().ok();
}

// What a device does first at its start: opens the journal and replays it.
double RecoverySeconds(const device::KeepingOptions& options) {
  const base::SystemClock clock;
  const auto begin = Clock::now();
  const auto keeping = device::RecordKeeping::Open(options, os::SystemFileCalls(), clock);
  const auto end = Clock::now();
  if (!keeping.ok() || (*keeping)->recovered().unsaved < 50'000) fmt::print("the journal could not be read back\n");
  return std::chrono::duration<double>(end - begin).count();
}

void BenchRecovery(Figures& figures, const std::filesystem::path& folder, const std::string& what,
                   std::uint64_t segment_bytes, bool closed) {
  const auto options = KeepingIn(Emptied(folder), segment_bytes);
  if (!Fill(options, 64 * kMb, closed)) fmt::print("the journal could not be filled\n");
  std::vector<double> seconds;
  for (int i = 0; i < 5; ++i) seconds.push_back(RecoverySeconds(options));
  figures.Row("open and replay 64 MiB, " + what + ", median of 5", base::QuantileType7(seconds, 0.5), "s",
              kMostRecoverySeconds);
}

int RunRound(const std::filesystem::path& folder) {
  constexpr int kBatches = 50;
  Times journal = MeasureJournal(folder / "journal", kBatches);
  Times plain = MeasurePlainFile(folder / "plain", kBatches);
  if (journal.batch_us.empty() || plain.batch_us.empty()) return 1;
  fmt::print(R"({{"journal_us":{:.1f},"plain_us":{:.1f}}})"
             "\n",
             base::QuantileType7(journal.batch_us, 0.5), base::QuantileType7(plain.batch_us, 0.5));
  return 0;
}

int Run(const std::filesystem::path& folder, bool quick) {
  Figures figures;
  const int batches = quick ? 50 : 400;
  Times journal = MeasureJournal(folder / "journal", batches);
  Times plain = MeasurePlainFile(folder / "plain", batches);
  if (journal.batch_us.empty() || plain.batch_us.empty()) return 1;
  Print(figures, "journal", journal);
  Print(figures, "plain file", plain);
  BenchRecovery(figures, folder / "unsealed", "one unsealed segment", 128 * kMb, false);
  BenchRecovery(figures, folder / "sealed", "sealed segments", 4 * kMb, true);
  std::filesystem::remove_all(folder);
  return figures.ExitCode();
}

}  // namespace
}  // namespace inferometer::bench

int main(int argc, char** argv) {
  const std::string_view how = argc == 3 ? argv[2] : "";
  if (argc < 2 || argc > 3 || (argc == 3 && how != "--quick" && how != "--round")) {
    fmt::print(stderr, "usage: bench-journal DIR [--quick | --round]\n");
    return 2;
  }
  return how == "--round" ? inferometer::bench::RunRound(argv[1]) : inferometer::bench::Run(argv[1], how == "--quick");
}
