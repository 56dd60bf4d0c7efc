// The entries of an index: any bytes are one or are refused, and what they give can be counted with.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "analyze/index_entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::analyze;
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  FileRecords records;
  std::vector<Disagreement> disagreements;
  if (ReadFileEntry(bytes, "file", 100'000, records, disagreements)) {
    records.MakeColumns();
    records.MakeFingerprints();
  }
  static_cast<void>(ReadAnswer(bytes, "root"));
  return 0;
}
