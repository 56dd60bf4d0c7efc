// `inferometer keys list`: what was issued, what is revoked, what runs out.

#include <fmt/format.h>

#include <string_view>

#include "base/timestamp.h"
#include "cli/keys_command.h"
#include "exchange/csv.h"
#include "mqtt/keys/certificate_authority.h"
#include "mqtt/keys/expiry.h"
#include "record/json_write.h"
#include "report/table.h"

namespace inferometer::cli {
namespace {

using base::FormatRfc3339;
using mqtt::keys::Certificate;
using mqtt::keys::CertificateAuthority;
using mqtt::keys::Date;
using mqtt::keys::IssuedCertificate;
using mqtt::keys::Left;
using record::JsonObject;

constexpr int kKeysSchemaVersion = 1;

struct Listing {
  Certificate authority;
  mqtt::keys::RevocationList list;
  std::vector<IssuedCertificate> issued;
  std::vector<std::string> warnings;
  WallTime now{};
};

Result<Listing> Look(const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const CertificateAuthority authority,
                   CertificateAuthority::Open(arguments.dir, world.clock, world.files));
  Listing listing{authority.certificate(), authority.revocation_list(), {}, {}, world.clock.Wall()};
  ASSIGN_OR_RETURN(listing.issued, authority.Issued());
  listing.warnings = ExpiryWarnings(listing.authority, listing.list, listing.issued, listing.now);
  return listing;
}

std::string_view KindOf(const Certificate& certificate) {
  if (certificate.purpose == mqtt::keys::Purpose::kServer) return "broker";
  return certificate.common_name.starts_with('_') ? "user" : "device";
}

std::string StateOf(const IssuedCertificate& one, WallTime now) {
  if (one.revoked_at) return "revoked " + Date(*one.revoked_at);
  return one.certificate.not_after < now ? "ended" : "valid";
}

double DaysLeft(WallTime until, WallTime now) { return static_cast<double>(Left(until, now).count()); }

std::string AsTable(const Listing& listing, report::TableFormat format) {
  report::Table table(
      fmt::format("{}, until {}; revocation list {}, until {}", listing.authority.common_name,
                  Date(listing.authority.not_after), listing.list.number, Date(listing.list.next_update)),
      {"Name", "Kind", "State", "Until", "Days left", "Serial"});
  for (const IssuedCertificate& one : listing.issued) {
    table.Text(one.certificate.common_name);
    table.Text(KindOf(one.certificate));
    table.Text(StateOf(one, listing.now));
    table.Text(Date(one.certificate.not_after));
    table.Number(DaysLeft(one.certificate.not_after, listing.now), 0);
    table.Text(one.certificate.serial);
  }
  return table.Render(format);
}

std::string AsCsv(const Listing& listing) {
  std::string text;
  exchange::CsvWriter csv(text);
  for (const char* name : {"name", "kind", "state", "not_before", "not_after", "days_left", "revoked_at", "serial"}) {
    csv.Text(name);
  }
  csv.EndLine();
  for (const IssuedCertificate& one : listing.issued) {
    const Certificate& certificate = one.certificate;
    csv.Text(certificate.common_name).Text(KindOf(certificate)).Text(StateOf(one, listing.now));
    csv.Text(FormatRfc3339(certificate.not_before)).Text(FormatRfc3339(certificate.not_after));
    csv.Number(DaysLeft(certificate.not_after, listing.now));
    csv.MaybeText(one.revoked_at ? std::optional(FormatRfc3339(*one.revoked_at)) : std::nullopt);
    csv.Text(certificate.serial).EndLine();
  }
  return text;
}

void AppendCertificate(const IssuedCertificate& one, WallTime now, std::string& out) {
  const Certificate& certificate = one.certificate;
  JsonObject object(out);
  object.Text("name", certificate.common_name).Text("kind", std::string(KindOf(certificate)));
  object.Text("serial", certificate.serial).Text("not_before", FormatRfc3339(certificate.not_before));
  object.Text("not_after", FormatRfc3339(certificate.not_after));
  object.Integer("days_left", Left(certificate.not_after, now).count());
  if (one.revoked_at) object.Text("revoked_at", FormatRfc3339(*one.revoked_at));
  object.Close();
}

void AppendHead(const Listing& listing, std::string& out) {
  JsonObject authority(out);
  authority.Text("name", listing.authority.common_name).Text("not_after", FormatRfc3339(listing.authority.not_after));
  authority.Integer("days_left", Left(listing.authority.not_after, listing.now).count()).Close();
  out += ",\"revocation_list\":";
  JsonObject list(out);
  list.Integer("number", static_cast<std::int64_t>(listing.list.number));
  list.Text("this_update", FormatRfc3339(listing.list.this_update));
  list.Text("next_update", FormatRfc3339(listing.list.next_update));
  list.Integer("days_left", Left(listing.list.next_update, listing.now).count());
  list.Integer("entries", static_cast<std::int64_t>(listing.list.revoked.size())).Close();
}

std::string AsJson(const Listing& listing) {
  std::string json;
  JsonObject answer(json);
  answer.Integer("schema_version", kKeysSchemaVersion).Key("authority");
  AppendHead(listing, json);
  answer.Key("certificates");
  std::string_view separator = "[\n  ";
  for (const IssuedCertificate& one : listing.issued) {
    json += separator;
    AppendCertificate(one, listing.now, json);
    separator = ",\n  ";
  }
  json += listing.issued.empty() ? "[]" : "\n]";
  answer.Key("warnings");
  separator = "[";
  for (const std::string& warning : listing.warnings) {
    json += separator;
    record::AppendQuoted(warning, json);
    separator = ",";
  }
  json += listing.warnings.empty() ? "[]" : "]";
  answer.Close();
  return json + '\n';
}

std::string Shown(const Listing& listing, KeysFormat format) {
  switch (format) {
    case KeysFormat::kTable: return AsTable(listing, report::TableFormat::kText);
    case KeysFormat::kMarkdown: return AsTable(listing, report::TableFormat::kMarkdown);
    case KeysFormat::kCsv: return AsCsv(listing);
    case KeysFormat::kJson: return AsJson(listing);
  }
  return "";
}

}  // namespace

Status ListKeys(const KeysArguments& arguments, const KeysWorld& world) {
  ASSIGN_OR_RETURN(const Listing listing, Look(arguments, world));
  const std::string text = Shown(listing, arguments.format);
  const bool written =
      std::fwrite(text.data(), 1, text.size(), world.out) == text.size() && std::fflush(world.out) == 0;
  if (!written) return {Code::kUnavailable, "standard output could not be written"};
  for (const std::string& warning : listing.warnings) fmt::print(world.err, "warning: {}\n", warning);
  if (!arguments.check || listing.warnings.empty()) return Ok();
  return {Code::kFailedPrecondition, fmt::format("{} warnings", listing.warnings.size())};
}

}  // namespace inferometer::cli
