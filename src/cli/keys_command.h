#pragma once
// What each subcommand of `inferometer keys` does once its options are read.

#include <array>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "mqtt/keys/users.h"
#include "os/files.h"

namespace inferometer::cli {

enum class KeysFormat { kTable, kJson, kCsv, kMarkdown };

struct KeysArguments {
  std::filesystem::path dir = "keys";  // the authority's folder

  std::vector<std::string> names;  // device ids, users or hosts
  std::optional<int> days;         // how long what is made is valid
  bool renew = false;
  bool portable_names = false;
  std::string part;           // "I/N", of `hub`
  std::optional<int> number;  // of several sensors or viewers

  std::string broker;  // empty: nobody is put out
  int port = 8883;
  std::filesystem::path install;  // where the broker on this machine reads the list; empty: elsewhere
  std::string reload;             // a shell's command; empty: none
  int wait_seconds = 10;

  KeysFormat format = KeysFormat::kTable;
  bool check = false;

  std::filesystem::path out;
  std::filesystem::path etc = "/etc/mosquitto/inferometer";
  std::array<int, mqtt::keys::kRoles.size()> of_role = {1, 1, 1};
};

// What the subcommands need of the world. Rows go to `out`; what was done, warnings and next steps to `err`.
struct KeysWorld {
  const base::Clock& clock;
  os::FileCalls& files;
  std::FILE* out;
  std::FILE* err;
};

// kInvalidArgument is wrong usage; everything else could not be done.
[[nodiscard]] Status MakeAuthority(const KeysArguments& arguments, const KeysWorld& world);
[[nodiscard]] Status MakeBroker(const KeysArguments& arguments, const KeysWorld& world);
// All ids are checked before the first certificate is made.
[[nodiscard]] Status MakeDevices(const KeysArguments& arguments, const KeysWorld& world);
[[nodiscard]] Status MakeUser(mqtt::keys::Role role, const KeysArguments& arguments, const KeysWorld& world);
// mosquitto.conf, acl and all that they name, in one folder that is to be carried to the broker.
[[nodiscard]] Status WriteBrokerFolder(const KeysArguments& arguments, const KeysWorld& world);

// Puts every certificate of the names on the list, and copies that to `install`, readable for all; with a command, lets
// the broker read it; with a broker, waits until it turns revoked certificates away and puts out whoever is connected
// under those names. What was revoked already is fine: the rest is done all the same.
[[nodiscard]] Status Revoke(const KeysArguments& arguments, const KeysWorld& world);
[[nodiscard]] Status RenewList(const KeysArguments& arguments, const KeysWorld& world);

// With `check`, a warning is kFailedPrecondition.
[[nodiscard]] Status ListKeys(const KeysArguments& arguments, const KeysWorld& world);

}  // namespace inferometer::cli
