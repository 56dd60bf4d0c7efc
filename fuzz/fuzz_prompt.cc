// A prompt template: whatever the text, an answer; and what was taken renders to a bounded prompt.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "telemetry/prompt_template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::telemetry;
  const auto prompt = PromptTemplate::Parse(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!prompt.ok()) return 0;
  const SensorMessage message{.device_id = std::string(64, 'a'), .ts = {}};
  constexpr std::size_t kMostGrowth = 16;  // of "{co}" and its like; the device id has a longer name
  if (prompt->Render(message).size() > kMostGrowth * size) std::abort();
  return 0;
}
