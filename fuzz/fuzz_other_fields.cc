// What a record holds beside the fields of the table: whatever the bytes, an answer; and what was taken is JSON that
// says the same again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "record/other_fields.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::record;
  const auto others = OtherFields(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!others.ok() || others->empty()) return 0;
  if (others->size() > kMostOtherBytes + 1) std::abort();
  const auto again = OtherFields(*others);  // without its field an alias stands for it, and is left out
  if (!again.ok() || again->size() > others->size()) std::abort();
  return 0;
}
