#include "foreign.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return FuzzForeignLine(inferometer::exchange::ForeignFormat::kOllama, data, size);
}
