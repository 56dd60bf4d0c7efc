// The journal's notes of files: whatever the bytes, an answer, and what is understood is written as it was read.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "store/record_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::store;
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  const auto plans = DecodePlans(payload);
  if (!plans.ok()) return plans.status().offset_bytes().value_or(size + 1) <= size ? 0 : (std::abort(), 0);
  const std::string written = EncodePlans(*plans);
  if (written != payload.substr(0, written.size())) std::abort();
  return 0;
}
