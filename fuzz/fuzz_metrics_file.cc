// A metrics file: whatever the bytes, an answer; and the fast reader and simdjson's give the same one.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "analyze/loading_file.h"
#include "analyze/metrics_file.h"
#include "analyze/summary_check.h"

namespace {

using namespace inferometer::analyze;

bool SameBits(double a, double b) {
  Hasher of_a;
  of_a.Add(a);
  Hasher of_b;
  of_b.Add(b);
  return of_a.Finish() == of_b.Finish();
}

bool SameRow(const Row& a, const Row& b) {
  if (a.group != b.group || a.fingerprint != b.fingerprint || a.sample.failed != b.sample.failed) return false;
  if (a.sample.present() != b.sample.present()) return false;
  for (std::size_t i = 0; i < kQuantities; ++i) {
    const auto quantity = static_cast<Quantity>(i);
    if (a.sample.Has(quantity) && !SameBits(*a.sample.Get(quantity), *b.sample.Get(quantity))) return false;
  }
  return true;
}

bool SameRecords(const FileRecords& a, const FileRecords& b) {
  if (a.rows().size() != b.rows().size() || a.claims().size() != b.claims().size()) return false;
  for (std::size_t i = 0; i < a.rows().size(); ++i) {
    if (!SameRow(a.rows()[i], b.rows()[i]) || a.groups()[a.rows()[i].group] != b.groups()[b.rows()[i].group])
      return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string padded(reinterpret_cast<const char*>(data), size);
  padded.append(kFilePaddingBytes, '\0');
  const std::string_view text(padded.data(), size);
  MetricsFileReader reader;
  FileRecords fast;
  FileRecords slow;
  const auto fast_status = reader.Read(text, "folder", fast);
  const auto slow_status = reader.ReadBySimdjson(text, "folder", slow);
  if (fast_status.message() != slow_status.message()) std::abort();
  if (fast_status.ok()) {
    fast.MakeFingerprints();
    slow.MakeFingerprints();
  }
  if (fast_status.ok() && !SameRecords(fast, slow)) std::abort();
  if (fast_status.ok()) {
    fast.MakeColumns();
    const auto disagreements = CheckSummary("file", fast);
    if (disagreements.size() > fast.claims().size()) std::abort();
  }
  const auto loading = ParseModelLoading(text);
  if (loading.ok() && loading.value().device_id.size() > size) std::abort();
  return 0;
}
