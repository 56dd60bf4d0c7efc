#include "cli/keys.h"

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <cstdio>
#include <map>
#include <memory>
#include <string>

#include "base/clock.h"
#include "cli/choice.h"
#include "cli/command.h"
#include "cli/keys_command.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using mqtt::keys::Role;

using Work = std::function<Status(const KeysWorld&)>;
using Arguments = std::shared_ptr<KeysArguments>;

constexpr int kLongestDays = 36'500;

void AddFolder(CLI::App& app, KeysArguments& a) {
  app.add_option("--dir", a.dir, "Folder of the certificate authority")
      ->envname("INFEROMETER_KEYS_DIR")
      ->type_name("DIR")
      ->capture_default_str();
}

void AddDays(CLI::App& app, KeysArguments& a, const char* meaning) {
  app.add_option("--days", a.days, meaning)->check(CLI::Range(1, kLongestDays))->type_name("N");
}

void AddMaking(CLI::App& app, KeysArguments& a, const char* lifetime) {
  AddFolder(app, a);
  AddDays(app, a, lifetime);
  app.add_flag("--renew", a.renew, "Although there is one that is valid; which stays so until it ends or is revoked");
}

void AddReload(CLI::App& app, KeysArguments& a) {
  app.add_option("--install", a.install,
                 "Copy the new list to this file of a broker on this machine, whole or not at all")
      ->type_name("FILE");
  app.add_option("--reload", a.reload, "Shell command that lets the broker read it, as: systemctl reload mosquitto")
      ->type_name("COMMAND");
}

Work SetUpCa(CLI::App& app, const Arguments& a) {
  app.add_option("--out,--dir", a->dir, "Folder to make it in")
      ->envname("INFEROMETER_KEYS_DIR")
      ->type_name("DIR")
      ->capture_default_str();
  return [a](const KeysWorld& world) { return MakeAuthority(*a, world); };
}

Work SetUpBroker(CLI::App& app, const Arguments& a) {
  AddMaking(app, *a, "Days that it is valid (default 730)");
  app.add_option("--host", a->names, "What clients call the broker: names and addresses, separated by commas")
      ->delimiter(',')
      ->type_name("NAME[,IP...]")
      ->required();
  return [a](const KeysWorld& world) { return MakeBroker(*a, world); };
}

Work SetUpKeysOfDevices(CLI::App& app, const Arguments& a) {
  AddMaking(app, *a, "Days that they are valid (default 365)");
  app.add_flag("--portable-names", a->portable_names, "File names with - for :");
  app.add_option("ID", a->names, "Device ids")->required()->type_name("");
  return [a](const KeysWorld& world) { return MakeDevices(*a, world); };
}

Work SetUpHub(CLI::App& app, const Arguments& a) {
  AddMaking(app, *a, "Days that it is valid (default 365)");
  app.add_option("--part", a->part, "Which of several hubs, as of `inferometer hub --part`: each needs its own")
      ->type_name("I/N");
  return [a](const KeysWorld& world) { return MakeUser(Role::kHub, *a, world); };
}

template <Role kRole>
Work SetUpNumbered(CLI::App& app, const Arguments& a) {
  AddMaking(app, *a, "Days that it is valid (default 365)");
  app.add_option("--number", a->number, "Which of several: each that is connected at the same time needs its own")
      ->check(CLI::Range(1, mqtt::keys::kMostOfARole))
      ->type_name("N");
  return [a](const KeysWorld& world) { return MakeUser(kRole, *a, world); };
}

Work SetUpBrokerConfig(CLI::App& app, const Arguments& a) {
  AddFolder(app, *a);
  app.add_option("--out", a->out, "Folder to write")->type_name("DIR")->required();
  app.add_option("--etc", a->etc, "Where that folder will stand on the broker's machine")
      ->type_name("DIR")
      ->capture_default_str();
  app.add_option("--port", a->port, "Port to listen on")
      ->check(CLI::Range(1, 65535))
      ->type_name("PORT")
      ->capture_default_str();
  const std::array<std::pair<const char*, const char*>, mqtt::keys::kRoles.size()> counts = {
      std::pair("--hubs", "How many hubs share the devices (--part)"),
      std::pair("--sensors", "How many gateways of sensors"), std::pair("--viewers", "How many viewers")};
  for (std::size_t at = 0; at < counts.size(); ++at) {
    app.add_option(counts[at].first, a->of_role[at], counts[at].second)
        ->check(CLI::Range(1, mqtt::keys::kMostOfARole))
        ->type_name("N")
        ->capture_default_str();
  }
  return [a](const KeysWorld& world) { return WriteBrokerFolder(*a, world); };
}

Work SetUpRevoke(CLI::App& app, const Arguments& a) {
  AddFolder(app, *a);
  app.add_option("ID", a->names, "Device ids, or users such as _sensors")->required()->type_name("");
  AddReload(app, *a);
  app.add_option("--broker", a->broker,
                 "Wait until this broker knows the new list, and end the connections that stand. The host must be one "
                 "of its certificate's")
      ->type_name("HOST");
  app.add_option("--port", a->port, "Its port")->check(CLI::Range(1, 65535))->type_name("PORT")->capture_default_str();
  app.add_option("--wait", a->wait_seconds, "How long the broker may take to know the list")
      ->check(CLI::Range(1, 3600))
      ->type_name("SECONDS")
      ->capture_default_str();
  return [a](const KeysWorld& world) { return Revoke(*a, world); };
}

Work SetUpCrl(CLI::App& app, const Arguments& a) {
  AddFolder(app, *a);
  AddDays(app, *a, "Days that it is valid, and every later one (default: as long as the last; 3650 at first)");
  AddReload(app, *a);
  return [a](const KeysWorld& world) { return RenewList(*a, world); };
}

Work SetUpList(CLI::App& app, const Arguments& a) {
  static const std::map<std::string, KeysFormat> kFormats = {{"table", KeysFormat::kTable},
                                                             {"json", KeysFormat::kJson},
                                                             {"csv", KeysFormat::kCsv},
                                                             {"markdown", KeysFormat::kMarkdown}};
  AddFolder(app, *a);
  app.add_option("--format", a->format, "table, json, csv or markdown")
      ->transform(Choice(kFormats))
      ->type_name("FORMAT")
      ->default_str("table");
  app.add_flag("--check", a->check, "Exit code 1 when something runs out soon");
  return [a](const KeysWorld& world) { return ListKeys(*a, world); };
}

struct Verb {
  const char* name;
  const char* line;
  const char* example;
  Work (*set_up)(CLI::App& app, const Arguments& arguments);
};

constexpr std::array kVerbs = {
    Verb{"ca", "a private certificate authority, with an empty revocation list", "--out keys", SetUpCa},
    Verb{"broker", "the broker's certificate", "--host broker.lab,192.168.1.10", SetUpBroker},
    Verb{"device", "a certificate for each device", "00:0f:00:70:91:0a pi-07", SetUpKeysOfDevices},
    Verb{"hub", "the certificate of the hub", "--part 1/2", SetUpHub},
    Verb{"sensors", "one for what publishes sensor messages, such as inferometer simulate", "",
         SetUpNumbered<Role::kSensors>},
    Verb{"viewer", "one that may read everything and change nothing", "", SetUpNumbered<Role::kViewer>},
    Verb{"broker-config", "the folder that the broker needs: mosquitto.conf, access list, certificates",
         "--out for-the-broker", SetUpBrokerConfig},
    Verb{"revoke", "takes certificates back, and disconnects whoever uses them",
         "pi-07 --broker broker.lab --install /etc/mosquitto/inferometer/crl.pem --reload 'systemctl reload mosquitto'",
         SetUpRevoke},
    Verb{"crl", "the revocation list anew, before it ends", "", SetUpCrl},
    Verb{"list", "what was issued, what is revoked, what runs out", "--check", SetUpList},
};

int RunKeys(const Work& work) {
  const base::SystemClock clock;
  const KeysWorld world{clock, os::SystemFileCalls(), stdout, stderr};
  const Status done = work(world);
  if (done.ok()) return kDone;
  fmt::print(stderr, "inferometer keys: {}\n", report::TerminalText(done.message()));
  return done.code() == Code::kInvalidArgument ? kWrongUsage : kFailed;
}

}  // namespace

std::function<int()> SetUpKeys(CLI::App& app) {
  auto works = std::make_shared<std::map<const CLI::App*, Work>>();
  app.require_subcommand(1);
  for (const Verb& verb : kVerbs) {
    CLI::App* one = app.add_subcommand(verb.name, verb.line)->fallthrough();  // --config is the parent's
    (*works)[one] = verb.set_up(*one, std::make_shared<KeysArguments>());
    one->footer(fmt::format("Example: inferometer keys {} {}", verb.name, verb.example));
  }
  return [works, &app] { return RunKeys(works->at(app.get_subcommands().front())); };
}

}  // namespace inferometer::cli
