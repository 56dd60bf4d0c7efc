#pragma once
// A received record as it stands in the hub's journal (docs/journal-format.md).

#include <cstdint>
#include <string>
#include <string_view>

#include "inferometer/record.h"
#include "inferometer/status.h"

namespace inferometer::hub {

struct ReceivedEntry {
  WallTime received;
  std::string_view device;
  std::uint64_t stream = 0;    // at the device; 0: a plain publisher's record, which has no key
  std::uint64_t sequence = 0;  // at the device; 0 likewise
  std::uint32_t checksum = 0;  // of the payload as it came
  std::string_view line;       // the record, JSON on one line

  [[nodiscard]] bool has_key() const { return sequence != 0; }
};

// In the memory of `memory`, whose text is lost. REQUIRES: device ids are at most 255 bytes.
[[nodiscard]] std::string EncodeReceived(const ReceivedEntry& entry, std::string memory = {});
// The views are into `payload`. kDataLoss for what no hub has written.
[[nodiscard]] Result<ReceivedEntry> DecodeReceived(std::string_view payload);

// A device's loss report that is durable at the hub.
struct LossEntry {
  WallTime received;
  std::string_view device;
  std::uint64_t stream = 0;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t count = 0;
  std::string_view reason;
};
[[nodiscard]] std::string EncodeLoss(const LossEntry& entry);
[[nodiscard]] Result<LossEntry> DecodeLoss(std::string_view payload);

}  // namespace inferometer::hub
