#include "mqtt/keys/eviction.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

namespace inferometer::mqtt::keys {
namespace {

constexpr std::chrono::seconds kShortestKnock{3};
constexpr std::chrono::seconds kOneKnock{10};
constexpr std::chrono::milliseconds kBetweenKnocks{20};

Status StillLetsIn(const Door& door) {
  return {
      Code::kUnavailable,
      fmt::format("{}:{} still lets revoked certificates in: it has not read the new list. Bring crl.pem, whole, to "
                  "where its crlfile points, and let it reload (SIGHUP); its log says what it could not read",
                  door.host, door.port)};
}

}  // namespace

Status AwaitRevocationList(const Door& door, const KeyPair& revoked, const base::Clock& clock,
                           std::chrono::seconds at_most) {
  const auto end = clock.Steady() + at_most;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::seconds>(end - clock.Steady());
    const auto welcome = Knock(door, revoked, "_revoked", std::clamp(left, kShortestKnock, kOneKnock));
    if (welcome.ok() && *welcome == Welcome::kTurnedAway) return Ok();
    if (!welcome.ok() && welcome.status().code() != Code::kUnavailable) return welcome.status();
    if (clock.Steady() > end) return welcome.ok() ? StillLetsIn(door) : welcome.status();
    std::this_thread::sleep_for(kBetweenKnocks);  // it may be restarting, or reading the list
  }
}

Status PutOut(const Door& door, const KeyPair& pass, const std::string& name) {
  ASSIGN_OR_RETURN(const Welcome welcome, Knock(door, pass, name, kOneKnock));
  if (welcome == Welcome::kLetIn) return Ok();
  return {Code::kInternal, "a certificate of " + name + " that is not revoked was turned away as revoked"};
}

}  // namespace inferometer::mqtt::keys
