// A payload of iot/metrics: whatever the bytes, an answer; and what is taken is wholly JSON, a record for every reader,
// and stays one when the hub has added its fields.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hub/validation.h"
#include "record/json_read.h"

namespace {

using namespace inferometer;
using namespace inferometer::hub;

const WallTime kNow(std::chrono::microseconds(1'759'833'015'123'456));

void Check(bool holds) {
  if (!holds) std::abort();
}

void CheckAnnotated(const Incoming& incoming, const std::optional<Repair>& repair) {
  std::string line;
  Check(AppendAnnotated(incoming.text, kNow, repair, line).ok());
  Check(line.size() <= incoming.text.size() + kMostAnnotationBytes);
  const auto record = record::ParseRecord(line);
  Check(record.ok() && record->received_at == kNow);
  Check(record->timestamp == (repair ? repair->timestamp : incoming.timestamp));
  Check(record->timestamp_device.has_value() == repair.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view payload(reinterpret_cast<const char*>(data), size);
  static Validator validator;
  static StrictJson strict(record::kLargestRecordBytes);
  const auto judged = validator.Validate("abc", payload);
  if (const auto* rejection = std::get_if<Rejection>(&judged)) {
    const std::string& why = rejection->why.message();
    Check(!why.empty() && why.size() < 2000);
    Check(std::none_of(why.begin(), why.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }));
    return 0;
  }
  const auto& incoming = std::get<Incoming>(judged);
  Check(strict.Load(payload).ok() && strict.CheckWhole().ok());
  Check(strict.Load(incoming.text).ok() && strict.CheckWhole().ok());
  Check(incoming.text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos);
  Check(incoming.text.front() == '{' && incoming.text.back() == '}');
  const auto record = record::ParseRecord(incoming.text);
  Check(record.ok() && record->timestamp == incoming.timestamp);
  CheckAnnotated(incoming, std::nullopt);
  CheckAnnotated(incoming, Repair{incoming.timestamp, kNow, TimestampRule::kReceived});
  return 0;
}
