// `inferometer keys`: what makes certificates. Revoking is in keys_revoke.cc, listing in keys_list.cc.

#include "cli/keys_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/device_id.h"
#include "mqtt/keys/broker_files.h"
#include "mqtt/keys/certificate_authority.h"
#include "mqtt/keys/expiry.h"
#include "os/secret_file.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using mqtt::keys::Certificate;
using mqtt::keys::CertificateAuthority;
using mqtt::keys::Date;
using mqtt::keys::Days;
using mqtt::keys::Issue;
using mqtt::keys::Role;
using report::TerminalText;

constexpr Days kClientLifetime{365};
constexpr Days kBrokerLifetime{730};
constexpr std::size_t kLargestFile = std::size_t{1} << 26;

Result<CertificateAuthority> Open(const KeysArguments& arguments, const KeysWorld& world) {
  return CertificateAuthority::Open(arguments.dir, world.clock, world.files);
}

Days LifetimeOr(const KeysArguments& arguments, Days otherwise) {
  return arguments.days ? Days(*arguments.days) : otherwise;
}

// Makes it, and says what is to be carried where.
Status MakeAndTell(CertificateAuthority& authority, const Issue& issue, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const Certificate made, authority.Make(issue));
  const std::string stem = (authority.folder() / issue.stem).string();
  fmt::print(world.err, "{}: {}.pem and its key, valid until {}\n", made.common_name, TerminalText(stem),
             Date(made.not_after));
  return Ok();
}

Result<std::vector<std::string>> CanonicalIds(const std::vector<std::string>& names) {
  std::vector<std::string> ids;
  for (const std::string& name : names) {
    auto id = base::CanonicalDeviceId(name);
    if (!id.ok()) return {Code::kInvalidArgument, fmt::format("\"{}\" is {}", name, id.status().message())};
    ids.push_back(std::move(*id));
  }
  return ids;
}

std::string FileName(std::string id, bool portable) {
  if (portable) std::replace(id.begin(), id.end(), ':', '-');
  return id;
}

std::optional<int> AsNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

// Which of several hubs: the I of "I/N", nothing where there is one only.
Result<std::optional<int>> NumberOfPart(const std::string& part) {
  if (part.empty()) return std::optional<int>();
  const std::size_t slash = part.find('/');
  const auto of = slash == std::string::npos ? std::nullopt : AsNumber(std::string_view(part).substr(slash + 1));
  const auto number = slash == std::string::npos ? std::nullopt : AsNumber(std::string_view(part).substr(0, slash));
  if (!number || !of || *number < 1 || *number > *of || *of > mqtt::keys::kMostOfARole) {
    return {Code::kInvalidArgument, fmt::format("--part is \"{}\"; it must be I/N, as 1/2, with at most {} parts", part,
                                                mqtt::keys::kMostOfARole)};
  }
  return *of == 1 ? std::optional<int>() : number;
}

// Of what is no secret: the broker's user, who is another one, must be able to read it.
Status CopyForAll(const std::filesystem::path& from, const std::filesystem::path& to, os::FileCalls& files) {
  ASSIGN_OR_RETURN(const std::string contents, os::ReadFile(from, kLargestFile));
  return os::WritePublicFile(files, to, contents);
}

}  // namespace

Status MakeAuthority(const KeysArguments& arguments, const KeysWorld& world) {
  RETURN_IF_ERROR(CertificateAuthority::Create(arguments.dir, world.clock, world.files));
  ASSIGN_OR_RETURN(const CertificateAuthority authority, Open(arguments, world));
  const std::string folder = TerminalText(arguments.dir.string());
  fmt::print(world.err,
             "{}: {}, valid until {}, with an empty revocation list.\n{}/ca.key signs for every device: keep this "
             "folder off the broker and out of version control, and keep a copy of it.\n",
             authority.certificate().common_name, folder, Date(authority.certificate().not_after), folder);
  return Ok();
}

Status MakeBroker(const KeysArguments& arguments, const KeysWorld& world) {
  for (const std::string& host : arguments.names) RETURN_IF_ERROR(mqtt::keys::CheckHost(host));
  ASSIGN_OR_RETURN(CertificateAuthority authority, Open(arguments, world));
  return MakeAndTell(authority,
                     {.subject = {std::string(mqtt::keys::kBrokerName), arguments.names},
                      .stem = "broker",
                      .lifetime = LifetimeOr(arguments, kBrokerLifetime),
                      .renew = arguments.renew},
                     world);
}

Status MakeDevices(const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const std::vector<std::string> ids, CanonicalIds(arguments.names));
  ASSIGN_OR_RETURN(CertificateAuthority authority, Open(arguments, world));
  for (const std::string& id : ids) {
    RETURN_IF_ERROR(MakeAndTell(authority,
                                {.subject = {id, {}},
                                 .stem = std::filesystem::path("devices") / FileName(id, arguments.portable_names),
                                 .lifetime = LifetimeOr(arguments, kClientLifetime),
                                 .renew = arguments.renew},
                                world));
  }
  return Ok();
}

Status MakeUser(Role role, const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const std::optional<int> part, NumberOfPart(arguments.part));
  const std::string user = UserName(role, part ? part : arguments.number);
  ASSIGN_OR_RETURN(CertificateAuthority authority, Open(arguments, world));
  RETURN_IF_ERROR(MakeAndTell(authority,
                              {.subject = {user, {}},
                               .stem = user,
                               .lifetime = LifetimeOr(arguments, kClientLifetime),
                               .renew = arguments.renew},
                              world));
  if (user.find('-') != std::string::npos) {
    fmt::print(world.err, "the broker's acl must name {}: give `inferometer keys broker-config` how many there are\n",
               user);
  }
  return Ok();
}

Status WriteBrokerFolder(const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const CertificateAuthority authority, Open(arguments, world));
  const mqtt::keys::BrokerFiles broker{.folder = arguments.etc, .port = arguments.port, .of_role = arguments.of_role};
  const std::filesystem::path& from = authority.folder();
  if (!std::filesystem::exists(from / "broker.pem")) {
    return {Code::kNotFound, fmt::format("the broker has no certificate yet: `inferometer keys broker --dir {} --host "
                                         "NAME` makes it",
                                         from.string())};
  }
  RETURN_IF_ERROR(os::CreateSecretFolder(arguments.out));
  RETURN_IF_ERROR(os::WriteWholeFile(world.files, arguments.out / "mosquitto.conf", MosquittoConf(broker)));
  RETURN_IF_ERROR(os::WriteSecretFile(world.files, arguments.out / "acl", AccessList(broker)));
  for (const char* name : {"ca.pem", "crl.pem", "broker.pem"}) {
    RETURN_IF_ERROR(CopyForAll(from / name, arguments.out / name, world.files));
  }
  ASSIGN_OR_RETURN(const std::string key, os::ReadFile(from / "broker.key", kLargestFile));
  RETURN_IF_ERROR(os::WriteSecretFile(world.files, arguments.out / "broker.key", key));
  fmt::print(world.err,
             "{}: carry it to {} on the broker's machine, readable by the broker's user; then mosquitto -c "
             "{}/mosquitto.conf\n",
             TerminalText(arguments.out.string()), TerminalText(arguments.etc.string()),
             TerminalText(arguments.etc.string()));
  return Ok();
}

}  // namespace inferometer::cli
