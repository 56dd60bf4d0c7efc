// The prompt file of `inferometer bench`.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "trial/bench_prompts.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto prompts = inferometer::trial::ParsePrompts({reinterpret_cast<const char*>(data), size});
  if (!prompts.ok()) return 0;
  for (const auto& one : *prompts) {
    if (one.id.empty() || one.text.empty()) std::abort();
  }
  return 0;
}
