// A payload of iot/status: whatever the bytes, an answer; and what is taken keeps to its bounds.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/device_id.h"
#include "base/record_key.h"
#include "hub/status_message.h"
#include "hub/strict_json.h"

namespace {

using namespace inferometer;
using namespace inferometer::hub;

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckRanges(const StatusMessage& message) {
  Check(message.streams.size() <= kMostHeldRanges && message.lost.size() <= kMostLostRanges);
  for (const HeldRange& held : message.streams) {
    Check(held.first >= 1 && held.last + 1 >= held.first && held.last <= base::kLargestSequence);
  }
  for (const LostRange& lost : message.lost) {
    Check(lost.from >= 1 && lost.from <= lost.to && lost.to <= base::kLargestSequence);
    Check(lost.count >= 1 && lost.count <= lost.to - lost.from + 1 && lost.reason.size() <= kLongestReason);
  }
}

void CheckContext(const std::string& context) {
  static StrictJson strict(kLargestContextBytes);
  Check(strict.Load(context).ok() && strict.CheckWhole().ok() && strict.root().is_object());
  Check(context.find_first_of("\r\n") == std::string::npos);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = ParseStatusMessage({reinterpret_cast<const char*>(data), size});
  if (!message.ok()) {
    Check(message.status().message().size() < 2000);
    return 0;
  }
  CheckRanges(*message);
  Check(store::CheckLostHours(message->lost_hours).ok());
  Check(!message->device_id || base::IsCanonicalDeviceId(*message->device_id));
  Check(!message->device_name || base::CheckDeviceName(*message->device_name).ok());
  Check(message->losses.size() <= kMostLossCounters);
  if (message->context) CheckContext(*message->context);
  return 0;
}
