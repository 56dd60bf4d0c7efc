#pragma once
// The users at the broker that are no devices. Their names begin with '_', which no device id does
// (base::CanonicalDeviceId): nobody can ask for a device's certificate and get the hub's.

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace inferometer::mqtt::keys {

enum class Role { kHub, kSensors, kViewer };

inline constexpr std::array kRoles = {Role::kHub, Role::kSensors, Role::kViewer};
inline constexpr int kMostOfARole = 64;

[[nodiscard]] constexpr std::string_view NameOf(Role role) {
  switch (role) {
    case Role::kHub: return "hub";
    case Role::kSensors: return "sensors";
    case Role::kViewer: return "viewer";
  }
  return "";
}

// "_hub", or "_hub-2" for the second of several: each needs a certificate of its own, since the broker takes the user's
// name for the client id, and a second connection with the same one pushes the first out.
[[nodiscard]] inline std::string UserName(Role role, std::optional<int> number = std::nullopt) {
  std::string name = "_" + std::string(NameOf(role));
  return number ? name + "-" + std::to_string(*number) : name;
}

// Whom the certificate of the broker names. No user.
inline constexpr std::string_view kBrokerName = "_broker";

}  // namespace inferometer::mqtt::keys
