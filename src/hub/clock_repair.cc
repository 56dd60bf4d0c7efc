#include "hub/clock_repair.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "base/record_key.h"
#include "base/timestamp.h"
#include "hub/member_walk.h"

namespace inferometer::hub {
namespace {

constexpr double kMostBootMs = 1e12;  // 31 years
// No hub of this project ever ran before.
constexpr WallTime kClockWasSetSince{std::chrono::sys_days{std::chrono::year{2025} / std::chrono::January / 1}};

constexpr std::string_view kTimestamp = "timestamp";
constexpr std::array<std::string_view, 3> kHubsFields = {"received_at", "timestamp_device", "timestamp_rule"};

bool IsHubsField(std::string_view key) {
  return std::find(kHubsFields.begin(), kHubsFields.end(), key) != kHubsFields.end();
}

void AppendMember(std::string_view key, std::string_view text, std::string& out) {
  out.append("\"").append(key).append("\":\"").append(text).append("\"");
}

// The member as it stands, but for the repaired timestamp.
void AppendRepaired(std::string_view line, const MemberWalk::Member& member, const std::optional<Repair>& repair,
                    std::string& out) {
  if (!repair || member.key != kTimestamp) {
    out += line.substr(member.begin, member.end - member.begin);
    return;
  }
  out += line.substr(member.begin, member.value - member.begin);
  out.append("\"").append(base::FormatRfc3339(repair->timestamp)).append("\"");
}

void AppendHubsFields(WallTime received, const std::optional<Repair>& repair, std::string& out) {
  AppendMember(kHubsFields[0], base::FormatRfc3339(received), out);
  if (!repair) return;
  out += ',';
  AppendMember(kHubsFields[1], base::FormatRfc3339(repair->device), out);
  out += ',';
  AppendMember(kHubsFields[2], TimestampRuleText(repair->rule), out);
}

}  // namespace

std::optional<os::BootId> ParseBootId(std::string_view text) {
  os::BootId boot;
  if (text.size() != 2 * boot.size()) return std::nullopt;
  const auto first = base::ParseStream(text.substr(0, boot.size()));
  const auto second = base::ParseStream(text.substr(boot.size()));
  if (!first || !second) return std::nullopt;
  for (std::size_t i = 0; i < boot.size(); ++i) {
    const std::uint64_t half = i < boot.size() / 2 ? *first : *second;
    const std::size_t bits_behind = (7 - i % 8) * 8;
    boot[i] = static_cast<std::uint8_t>(half >> bits_behind);
  }
  return boot;
}

std::optional<BootTime> BootTimeFromMs(double ms) {
  if (!(ms >= 0 && ms <= kMostBootMs)) return std::nullopt;
  return BootTime(std::llround(ms * 1000));
}

std::string_view TimestampRuleText(TimestampRule rule) {
  return rule == TimestampRule::kAnchor ? "anchor" : "received";
}

bool IsPlausible(WallTime time, WallTime received) {
  return time >= received - kFurthestBack && time <= received + kFurthestAhead;
}

std::optional<Repair> RepairTimestamp(WallTime timestamp, const ClockFacts& clock, const std::optional<Anchor>& anchor,
                                      WallTime received) {
  if (received < kClockWasSetSince) return std::nullopt;
  if (clock.unsynchronised && clock.boottime && anchor) {
    const WallTime repaired = anchor->wall - (anchor->boottime - *clock.boottime);
    if (repaired == timestamp) return std::nullopt;
    if (IsPlausible(repaired, received)) return Repair{timestamp, repaired, TimestampRule::kAnchor};
  }
  if (IsPlausible(timestamp, received)) return std::nullopt;
  return Repair{timestamp, received, TimestampRule::kReceived};
}

bool AnchorTable::Note(std::string_view device, const os::BootId& boot, const Anchor& anchor, WallTime received) {
  if (!IsPlausible(anchor.wall, received)) return false;
  auto found = devices_.find(std::string(device));
  if (found == devices_.end()) {
    if (devices_.size() >= most_devices_) return false;
    found = devices_.try_emplace(std::string(device)).first;
  }
  auto& boots = found->second;
  std::erase_if(boots, [&](const AnchorOfBoot& known) { return known.boot == boot; });
  if (boots.size() >= kMostBoots) boots.erase(boots.begin());
  boots.push_back({boot, anchor});
  return true;
}

std::optional<Anchor> AnchorTable::Find(std::string_view device, const std::optional<os::BootId>& boot) const {
  if (!boot) return std::nullopt;
  const auto found = devices_.find(std::string(device));
  if (found == devices_.end()) return std::nullopt;
  for (const AnchorOfBoot& known : found->second) {
    if (known.boot == *boot) return known.anchor;
  }
  return std::nullopt;
}

Status AppendAnnotated(std::string_view line, WallTime received, const std::optional<Repair>& repair,
                       std::string& out) {
  const std::size_t before = out.size();
  std::size_t taken = 0;  // of `line`, up to and with the last member that stays or gives way
  bool any_stays = false;
  MemberWalk walk(line);
  for (auto member = walk.Next(); member; member = walk.Next()) {
    const bool is_first = taken == 0;
    if (is_first) out += line.substr(0, member->begin);
    // What stands before a member, its comma above all, goes with it.
    if (!IsHubsField(member->key)) {
      if (any_stays) out += line.substr(taken, member->begin - taken);
      AppendRepaired(line, *member, repair, out);
      any_stays = true;
    }
    taken = member->end;
  }
  if (!walk.closed()) {
    out.resize(before);
    return {Code::kDataLoss, "a record that is not one JSON object"};
  }
  if (taken == 0) {
    taken = line.find('{') + 1;
    out += line.substr(0, taken);
  }
  if (any_stays) out += ',';
  AppendHubsFields(received, repair, out);
  out += line.substr(taken);
  return Ok();
}

}  // namespace inferometer::hub
