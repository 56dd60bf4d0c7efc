// A record's JSON: whatever the bytes, an answer; and what was read can be written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/fields.h"
#include "record/json_read.h"
#include "record/json_write.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::record;
  auto record = ParseRecord(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!record.ok()) return 0;
  RoundAsWritten(*record);
  std::string first;
  AppendJson(*record, first);
  auto back = ParseRecord(first);
  if (!back.ok()) std::abort();
  std::string second;
  AppendJson(*back, second);
  if (first != second) std::abort();
  return 0;
}
