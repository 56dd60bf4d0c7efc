#pragma once
// The time of records whose device did not know it.

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "inferometer/record.h"
#include "inferometer/status.h"
#include "os/boot.h"

namespace inferometer::hub {

// From 32 lower-case hex digits; nothing for any other text.
[[nodiscard]] std::optional<os::BootId> ParseBootId(std::string_view text);

// Since a boot, suspended time included.
using BootTime = std::chrono::microseconds;
// From a field in ms; nothing for what cannot be.
[[nodiscard]] std::optional<BootTime> BootTimeFromMs(double ms);

// What a record says of the clock that stamped it.
struct ClockFacts {
  bool unsynchronised = false;
  std::optional<os::BootId> boot;
  std::optional<BootTime> boottime;  // at the record's timestamp
};

// A moment of a boot at which the device's clock was synchronised.
struct Anchor {
  BootTime boottime{};
  WallTime wall;
};

enum class TimestampRule {
  kAnchor,    // anchor.wall - (anchor.boottime - boottime)
  kReceived,  // what the record says is not plausible: the time of receipt stands for it
};
// As it stands in `timestamp_rule`.
[[nodiscard]] std::string_view TimestampRuleText(TimestampRule rule);

struct Repair {
  WallTime device;     // what the record says
  WallTime timestamp;  // what it should say
  TimestampRule rule = TimestampRule::kReceived;
};

// What is further back than this, or further ahead, is not believed.
inline constexpr std::chrono::days kFurthestBack{365};
inline constexpr std::chrono::minutes kFurthestAhead{5};
[[nodiscard]] bool IsPlausible(WallTime time, WallTime received);

// What the timestamp should be; nothing where it can stay as it is. `anchor`: of the record's boot, where there is one.
// Only a record that says that its clock was not synchronised is moved by an anchor, and never to a time that is not
// plausible. A hub whose own clock was evidently never set moves nothing. Pure function.
[[nodiscard]] std::optional<Repair> RepairTimestamp(WallTime timestamp, const ClockFacts& clock,
                                                    const std::optional<Anchor>& anchor, WallTime received);

// Appends `line`, a record on one line that was validated, with the hub's fields at its end: `received_at`, and with a
// repair `timestamp_device` and `timestamp_rule`, where `timestamp` gets the repaired time. Every other byte stays as
// it is. What of these fields stands in the line already (of another hub, or invented) gives way. Keep the line as it
// came, and annotate it when a file is made of it: an anchor may come later than the record. kDataLoss where `line` is
// not one JSON object; then nothing is appended.
[[nodiscard]] Status AppendAnnotated(std::string_view line, WallTime received, const std::optional<Repair>& repair,
                                     std::string& out);
// AppendAnnotated makes a line longer by no more than this.
inline constexpr std::size_t kMostAnnotationBytes = 256;

// The newest anchor of each of the last kMostBoots boots of each device, which are at most `most_devices`. One thread
// at a time.
class AnchorTable {
 public:
  static constexpr std::size_t kMostBoots = 8;
  explicit AnchorTable(std::size_t most_devices) : most_devices_(most_devices) {}

  // What a status says, received at `received`; a time that is not plausible is passed over. False where it was not
  // taken for that, or for the bound.
  bool Note(std::string_view device, const os::BootId& boot, const Anchor& anchor, WallTime received);
  [[nodiscard]] std::optional<Anchor> Find(std::string_view device, const std::optional<os::BootId>& boot) const;

 private:
  struct AnchorOfBoot {
    os::BootId boot;
    Anchor anchor;
  };
  std::size_t most_devices_;
  std::unordered_map<std::string, std::vector<AnchorOfBoot>> devices_;  // newest boot last
};

}  // namespace inferometer::hub
