// An acknowledgement's JSON: whatever the bytes, an answer with the place of the trouble; and what was read can be
// written and read again.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "mqtt/acknowledgement.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace inferometer::mqtt;
  const auto ack = ParseAcknowledgement(std::string_view(reinterpret_cast<const char*>(data), size));
  if (!ack.ok()) {
    if (size <= kLargestAcknowledgementBytes && ack.status().offset_bytes().value_or(size + 1) > size) std::abort();
    return 0;
  }
  if (ack->acks.size() > kMostAcks || ack->rejected.size() > kMostRejected) std::abort();
  std::string json;
  AppendJson(*ack, json);
  if (json.size() > kLargestAcknowledgementBytes) std::abort();
  const auto back = ParseAcknowledgement(json);
  if (!back.ok() || *back != *ack) std::abort();
  return 0;
}
