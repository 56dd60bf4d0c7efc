// Topic names and record ids, as they come over the network: whatever the bytes, an answer; and what was read is made
// again to the same text, so that no two texts mean one device or one record.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/device_id.h"
#include "base/record_key.h"
#include "mqtt/topics.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto topic = mqtt::ParseTopic(text);
  if (topic.ok()) {
    if (!base::IsCanonicalDeviceId(topic->device_id)) std::abort();
    if (mqtt::MakeTopic(topic->kind, topic->device_id) != text) std::abort();
  } else {
    constexpr std::size_t kLongestMessage = 250;
    if (topic.status().message().size() > kLongestMessage) std::abort();
    for (const char c : topic.status().message()) {
      if (c < ' ' || c > '~') std::abort();
    }
  }
  const auto key = base::ParseRecordId(text);
  if (key.ok() && base::RecordIdText(*key) != text) std::abort();
  return 0;
}
