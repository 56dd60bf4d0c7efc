#pragma once
// The topics that devices and the hub speak on, and nothing else.

#include <cstddef>
#include <string>
#include <string_view>

#include "inferometer/status.h"

namespace inferometer::mqtt {

enum class TopicKind {
  kTelemetry,  // iot/telemetry/ID        sensor -> device
  kMetrics,    // iot/metrics/ID          device -> all: one record
  kSummary,    // iot/metrics/ID/summary  device -> all: the summary block, at every save
  kAnalysis,   // iot/analysis/ID         device -> all: what the LLM said
  kStatus,     // iot/status/ID           device -> all, retained
  kAck,        // iot/ack/ID              hub -> device
};

struct Topic {
  TopicKind kind = TopicKind::kTelemetry;
  std::string device_id;  // canonical

  friend bool operator==(const Topic&, const Topic&) = default;
};

// What a hub takes as a device's status; a device keeps its own below.
inline constexpr std::size_t kLargestStatusBytes = 65536;

// Pure functions. What is parsed is made again to the same text: the id must stand in its canonical form, since a topic
// in another spelling belongs to another user in the broker's access list. The failure names the part that is wrong,
// in printable ASCII and cut short, so that it can be logged whatever was sent.
[[nodiscard]] Result<Topic> ParseTopic(std::string_view text);
// REQUIRES: `device_id` is canonical.
[[nodiscard]] std::string MakeTopic(TopicKind kind, std::string_view device_id);
// What to subscribe to for all devices: the topic with "+" for the id.
[[nodiscard]] std::string MakeFilter(TopicKind kind);

}  // namespace inferometer::mqtt
