// Checks 2 and 3: touched memory.
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <optional>
#include <string>

#include "checks.h"
#include "inferometer/recorder.h"
#include "os/touched_pages.h"
#include "recorders.h"

namespace inferometer::checks {
namespace {

constexpr std::size_t kMb = std::size_t{1} << 20;
constexpr std::size_t kPage = 4096;

// A file of so many megabytes, mapped; gone at destruction.
class MappedFile {
 public:
  explicit MappedFile(std::size_t mb) : bytes_(mb * kMb), file_(std::tmpfile()) {
    if (file_ == nullptr || ::ftruncate(::fileno(file_), static_cast<off_t>(bytes_)) != 0) std::abort();
    map_ = static_cast<char*>(::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_SHARED, ::fileno(file_), 0));
  }
  ~MappedFile() {
    ::munmap(map_, bytes_);
    std::fclose(file_);
  }
  MappedFile(const MappedFile&) = delete;
  MappedFile& operator=(const MappedFile&) = delete;

  void Touch() const {
    for (std::size_t at = 0; at < bytes_; at += kPage) static_cast<volatile char*>(map_)[at] = 1;
  }
  void GiveBack() const { ::madvise(map_, bytes_, MADV_DONTNEED); }

 private:
  std::size_t bytes_;
  std::FILE* file_;
  char* map_ = nullptr;
};

template <typename Work>
InferenceRecord Around(Recorder& recorder, Work work) {
  Inference inference = recorder.Begin({"pages", kCpu});
  work();
  inference.Token();
  return inference.End("stop");
}

void Anonymous(Sheet& sheet, Recorder& recorder, int repetitions) {
  for (const std::size_t mb : {1U, 10U, 100U, 500U}) {
    double worst_mb = 0;
    for (int i = 0; i < repetitions; ++i) {
      const auto record = Around(recorder, [&] { const os::TouchedPages pages(mb * kMb); });
      worst_mb = std::max(worst_mb, std::abs(*record.memory_added_mb - static_cast<double>(mb)));
    }
    sheet.AtMost(fmt::format("{} MB touched and freed before the end, worst error of {}", mb, repetitions), worst_mb,
                 1.0, "MB");
  }
}

void HugePages(Sheet& sheet, Recorder& recorder, bool huge) {
  constexpr std::size_t kBytes = 64 * kMb;
  const auto record = Around(recorder, [&] {
    void* pages = ::mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    ::madvise(pages, kBytes, huge ? MADV_HUGEPAGE : MADV_NOHUGEPAGE);
    for (std::size_t at = 0; at < kBytes; at += kPage) static_cast<volatile char*>(pages)[at] = 1;
    ::munmap(pages, kBytes);
  });
  // A huge page at either end may hold more than was touched.
  sheet.AtMost(fmt::format("64 MB with huge pages {}", huge ? "on" : "off"), std::abs(*record.memory_added_mb - 64),
               huge ? 4.0 : 1.0, "MB");
}

void FileAgainstAnonymous(Sheet& sheet, Recorder& recorder) {
  const MappedFile file(64);
  const auto before = Around(recorder, [] {});
  const auto touched = Around(recorder, [&] { file.Touch(); });
  sheet.AtMost("64 MB of a mapped file touched: error of memory_file_mb",
               std::abs(*touched.memory_file_mb - *before.memory_file_mb - 64), 1.0, "MB");
  sheet.AtMost("  meanwhile memory_anon_mb moved by", std::abs(*touched.memory_anon_mb - *before.memory_anon_mb), 1.0,
               "MB");
  std::optional<os::TouchedPages> copy;
  const auto copied = Around(recorder, [&] { copy.emplace(64 * kMb); });
  sheet.AtMost("copied to anonymous memory: error of memory_anon_mb",
               std::abs(*copied.memory_anon_mb - *touched.memory_anon_mb - 64), 1.0, "MB");
  sheet.AtMost("  memory_rss_mb holds both: error", std::abs(*copied.memory_rss_mb - *before.memory_rss_mb - 128), 1.0,
               "MB");
  const auto given_back = Around(recorder, [&] { file.GiveBack(); });
  sheet.AtMost("file pages given back: memory_file_mb is where it was, to",
               std::abs(*given_back.memory_file_mb - *before.memory_file_mb), 1.0, "MB");
}

}  // namespace

void Memory(Sheet& sheet, const Extent& extent) {
  sheet.Title("2. Memory against pages that were touched");
  const auto recorder = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone});
  if (!Around(*recorder, [] {}).memory_added_mb.has_value()) {
    return sheet.Say("not measured here: no /proc/self/clear_refs");
  }
  Anonymous(sheet, *recorder, extent.quick ? 2 : 20);
  HugePages(sheet, *recorder, true);
  HugePages(sheet, *recorder, false);
  FileAgainstAnonymous(sheet, *recorder);
}

void PeakReset(Sheet& sheet, const Extent& /*extent*/) {
  sheet.Title("3. A small inference after a big one");
  const auto touch = [](Recorder& recorder, std::size_t mb) {
    return Around(recorder, [&] { const os::TouchedPages pages(mb * kMb); });
  };
  const auto resetting = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone});
  static_cast<void>(touch(*resetting, 300));
  const auto small = touch(*resetting, 10);
  if (!small.memory_added_mb.has_value()) return sheet.Say("not measured here: no /proc/self/clear_refs");
  sheet.AtMost("300 MB, then 10 MB: error of the small one's peak", std::abs(*small.memory_added_mb - 10), 1.0, "MB");
  const auto lifetime = MakeRecorder({.device_id = "truth", .energy = EnergyChoice::kNone, .reset_peak = false});
  static_cast<void>(touch(*lifetime, 300));
  const auto without = touch(*lifetime, 10);
  sheet.Holds("without reset the source says vmhwm_lifetime", without.memory_peak_source == "vmhwm_lifetime");
  sheet.Holds("and what this one added is not told", !without.memory_added_mb.has_value());
}

}  // namespace inferometer::checks
