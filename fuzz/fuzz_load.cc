// A load's file: whatever the bytes, an answer; and what was read makes a row of any database.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "exchange/database_row.h"
#include "exchange/load_files.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::exchange;
  const auto load = ParseLoad(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!load.ok()) return 0;
  if (!IsStorable(MakeLoadRow("edge", *load).json)) std::abort();
  return 0;
}
