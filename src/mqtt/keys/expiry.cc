#include "mqtt/keys/expiry.h"

#include <fmt/format.h>

#include <optional>

#include "base/timestamp.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr Days kAuthorityWarnedBefore{365};  // as long as what it signs by default

std::optional<std::string> OfList(const RevocationList& list, WallTime now) {
  if (list.next_update < now) {
    return fmt::format(
        "the revocation list ended on {}: the broker takes nobody in. Renew it (inferometer keys crl), "
        "bring crl.pem to the broker and let it reload",
        Date(list.next_update));
  }
  if (now - list.this_update < (list.next_update - list.this_update) / 2) return std::nullopt;
  return fmt::format(
      "the revocation list has passed half its life; when it ends, on {}, the broker takes nobody in. "
      "Renew it (inferometer keys crl), bring crl.pem to the broker and let it reload",
      Date(list.next_update));
}

std::optional<std::string> OfAuthority(const Certificate& authority, WallTime now) {
  if (Left(authority.not_after, now) > kAuthorityWarnedBefore) return std::nullopt;
  return fmt::format(
      "the authority {} on {}, and everything it signed with it: make a new one in another folder "
      "(inferometer keys ca) and give everybody new certificates",
      authority.not_after < now ? "ended" : "ends", Date(authority.not_after));
}

std::string Subcommand(const Certificate& certificate) {
  if (certificate.purpose == Purpose::kServer) return "broker --renew";
  const bool is_user = certificate.common_name.starts_with('_');
  return is_user ? fmt::format("{} --renew", certificate.common_name.substr(1, certificate.common_name.find('-') - 1))
                 : fmt::format("device --renew {}", certificate.common_name);
}

std::optional<std::string> OfCertificate(const Certificate& certificate, WallTime now) {
  const Days left = Left(certificate.not_after, now);
  if (left > kWarnedBefore) return std::nullopt;
  const std::string when = left < Days(0)
                               ? fmt::format("ended on {}", Date(certificate.not_after))
                               : fmt::format("ends on {}, in {} days", Date(certificate.not_after), left.count());
  return fmt::format("the certificate of {} {}: inferometer keys {}", certificate.common_name, when,
                     Subcommand(certificate));
}

}  // namespace

Days Left(WallTime until, WallTime now) { return std::chrono::floor<Days>(until - now); }

std::string Date(WallTime time) {
  constexpr std::size_t kDateBytes = 10;
  return base::FormatRfc3339(time).substr(0, kDateBytes);
}

std::vector<std::string> ExpiryWarnings(const Certificate& authority, const RevocationList& list,
                                        const std::vector<IssuedCertificate>& issued, WallTime now) {
  std::vector<std::string> warnings;
  const auto add = [&warnings](std::optional<std::string> warning) {
    if (warning) warnings.push_back(std::move(*warning));
  };
  add(OfList(list, now));
  add(OfAuthority(authority, now));
  std::string_view last_name;
  for (const IssuedCertificate& one : issued) {  // the newest of each name first
    const bool is_newest = one.certificate.common_name != last_name;
    last_name = one.certificate.common_name;
    if (is_newest && !one.revoked_at) add(OfCertificate(one.certificate, now));
  }
  return warnings;
}

}  // namespace inferometer::mqtt::keys
