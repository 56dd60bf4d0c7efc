// `inferometer keys revoke` and `crl`: what takes certificates back.

#include <fmt/format.h>

#include <algorithm>

#include "base/device_id.h"
#include "cli/keys_command.h"
#include "mqtt/keys/certificate_authority.h"
#include "mqtt/keys/eviction.h"
#include "mqtt/keys/expiry.h"
#include "os/child_program.h"
#include "os/secret_file.h"
#include "report/terminal_text.h"

namespace inferometer::cli {
namespace {

using mqtt::keys::Certificate;
using mqtt::keys::CertificateAuthority;
using mqtt::keys::IssuedCertificate;
using mqtt::keys::KeyPair;
using report::TerminalText;

// Of whom nobody has a certificate that anybody could use.
constexpr const char* kNobody = "_revoked";
constexpr std::size_t kLargestList = std::size_t{1} << 26;

double Seconds(std::chrono::nanoseconds duration) { return std::chrono::duration<double>(duration).count(); }

// Users stand as they are; everything else is a device id, as `keys device` would have it.
std::string AsIssued(const std::string& name) {
  auto id = base::CanonicalDeviceId(name);
  return id.ok() ? *id : name;
}

// The certificates of one client that could still be used.
Result<std::vector<std::string>> SerialsOf(const std::string& name, const std::vector<IssuedCertificate>& issued,
                                           const base::Clock& clock) {
  bool is_known = false;
  std::vector<std::string> serials;
  for (const IssuedCertificate& one : issued) {
    const Certificate& certificate = one.certificate;
    if (certificate.common_name != name || certificate.purpose != mqtt::keys::Purpose::kClient) continue;
    is_known = true;
    if (!one.revoked_at && certificate.not_after >= clock.Wall()) serials.push_back(certificate.serial);
  }
  if (is_known) return serials;
  return {Code::kNotFound,
          fmt::format("no certificate was issued to \"{}\": `inferometer keys list` shows those that were", name)};
}

Status RunReload(const std::string& command) {
  ASSIGN_OR_RETURN(const auto shell, os::ChildProgram::Prepare({"/bin/sh", "-c", command}));
  RETURN_IF_ERROR(shell->Go());
  ASSIGN_OR_RETURN(const os::ProgramEnd end, shell->Wait());
  if (end.exit_code == 0) return Ok();
  return {Code::kUnavailable, fmt::format("the list is written, and --reload ended with exit code {}: the broker may "
                                          "not know of it. Mend the command and run this again",
                                          end.exit_code)};
}

// Mosquitto 2.0.11 that cannot read its list when it reloads goes on without one, and lets all revoked ones in: so the
// file there is a whole list at any moment, and one that the broker's user may read, whoever runs this.
Status InstallList(const KeysArguments& arguments, const KeysWorld& world) {
  if (!arguments.install.empty()) {
    ASSIGN_OR_RETURN(const std::string list, os::ReadFile(arguments.dir / "crl.pem", kLargestList));
    RETURN_IF_ERROR(os::WritePublicFile(world.files, arguments.install, list));
  }
  return arguments.reload.empty() ? Ok() : RunReload(arguments.reload);
}

std::string RevokedLine(const std::string& name, std::size_t certificates) {
  return fmt::format("{}: {} revoked\n", TerminalText(name),
                     certificates == 0   ? "all its certificates are ended or"
                     : certificates == 1 ? "1 certificate"
                                         : fmt::format("{} certificates", certificates));
}

// Revokes, tells so once it is done, and gives a pass that only this list names.
Result<KeyPair> WriteNewList(CertificateAuthority& authority, const std::vector<std::string>& names,
                             const KeysWorld& world) {
  ASSIGN_OR_RETURN(const std::vector<IssuedCertificate> issued, authority.Issued());
  ASSIGN_OR_RETURN(KeyPair revoked_pass, authority.MakePass(kNobody));
  ASSIGN_OR_RETURN(const Certificate of_pass, mqtt::keys::ParseCertificate(revoked_pass.certificate_pem));
  std::vector<std::string> all = {of_pass.serial};
  std::string lines;
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const std::vector<std::string> serials, SerialsOf(name, issued, world.clock));
    all.insert(all.end(), serials.begin(), serials.end());
    lines += RevokedLine(name, serials.size());
  }
  RETURN_IF_ERROR(authority.Revoke(all));
  fmt::print(world.err, "{}", lines);
  return revoked_pass;
}

// Once the broker knows the list: puts them out, and says how long it took since `begin`.
Status PutAllOut(const mqtt::keys::Door& door, const CertificateAuthority& authority,
                 const std::vector<std::string>& names, std::chrono::nanoseconds begin, const KeysWorld& world) {
  for (const std::string& name : names) {
    ASSIGN_OR_RETURN(const KeyPair pass, authority.MakePass(name));
    RETURN_IF_ERROR(mqtt::keys::PutOut(door, pass, name));
    fmt::print(world.err, "{}: not connected any more, {:.2f} s after this command began\n", TerminalText(name),
               Seconds(world.clock.Steady() - begin));
  }
  return Ok();
}

std::string WhatIsLeft(const KeysArguments& arguments) {
  return fmt::format(
      "new connections are refused once the broker has read {}; one that stands, stays: give --broker "
      "HOST (and --reload COMMAND) to end it, or restart the broker",
      TerminalText((arguments.dir / "crl.pem").string()));
}

}  // namespace

Status Revoke(const KeysArguments& arguments, const KeysWorld& world) {
  const std::chrono::nanoseconds begin = world.clock.Steady();
  std::vector<std::string> names = arguments.names;
  std::transform(names.begin(), names.end(), names.begin(), AsIssued);
  ASSIGN_OR_RETURN(CertificateAuthority authority, CertificateAuthority::Open(arguments.dir, world.clock, world.files));
  ASSIGN_OR_RETURN(const KeyPair revoked_pass, WriteNewList(authority, names, world));
  RETURN_IF_ERROR(InstallList(arguments, world));
  if (arguments.broker.empty()) {
    fmt::print(world.err, "{}\n", WhatIsLeft(arguments));
    return Ok();
  }
  const mqtt::keys::Door door{arguments.broker, arguments.port, authority.certificate_pem()};
  RETURN_IF_ERROR(AwaitRevocationList(door, revoked_pass, world.clock, std::chrono::seconds(arguments.wait_seconds)));
  return PutAllOut(door, authority, names, begin, world);
}

Status RenewList(const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(CertificateAuthority authority, CertificateAuthority::Open(arguments.dir, world.clock, world.files));
  RETURN_IF_ERROR(
      authority.RenewRevocationList(arguments.days ? std::optional(mqtt::keys::Days(*arguments.days)) : std::nullopt));
  const auto& list = authority.revocation_list();
  fmt::print(world.err, "{}: list {} with {} entries, until {}; the broker needs it, and must reload\n",
             TerminalText((arguments.dir / "crl.pem").string()), list.number, list.revoked.size(),
             mqtt::keys::Date(list.next_update));
  return InstallList(arguments, world);
}

}  // namespace inferometer::cli
