#include "mqtt/keys/certificate_authority.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string_view>
#include <system_error>
#include <tuple>
#include <utility>

#include "base/timestamp.h"
#include "mqtt/keys/expiry.h"
#include "os/secret_file.h"

namespace inferometer::mqtt::keys {
namespace {

using std::filesystem::path;

constexpr std::size_t kLargestPem = std::size_t{1} << 16;
constexpr std::size_t kLargestList = std::size_t{1} << 26;
constexpr std::chrono::hours kPassLifetime{1};
// Of two lists of one authority OpenSSL takes the later, and by the second.
constexpr std::chrono::seconds kBetweenLists{1};

path CertificateFile(const path& folder) { return folder / "ca.pem"; }
path KeyFile(const path& folder) { return folder / "ca.key"; }
path ListFile(const path& folder) { return folder / "crl.pem"; }
path IssuedFolder(const path& folder) { return folder / "issued"; }

bool IsThere(const path& file) {
  std::error_code error;
  return std::filesystem::exists(std::filesystem::symlink_status(file, error));
}

path WithEnding(path stem, const char* ending) {
  stem += ending;
  return stem;
}

Validity From(WallTime now, std::chrono::seconds lifetime) { return {now - kBackdated, now + lifetime}; }

Result<std::string> FirstList(const KeyPair& authority, WallTime now) {
  const WallTime from = std::chrono::floor<std::chrono::seconds>(now) - kBackdated;
  return SignRevocationList(authority, {1, from, from + kRevocationListLifetime, {}});
}

bool NewestOfEachNameFirst(const IssuedCertificate& a, const IssuedCertificate& b) {
  return std::tie(a.certificate.common_name, b.certificate.not_before, a.certificate.serial) <
         std::tie(b.certificate.common_name, a.certificate.not_before, b.certificate.serial);
}

}  // namespace

Status CertificateAuthority::Create(const path& folder, const base::Clock& clock, os::FileCalls& files) {
  RETURN_IF_ERROR(os::CreateSecretFolder(folder));
  ASSIGN_OR_RETURN(const os::FileLock lock, os::FileLock::Acquire(folder / ".lock"));
  for (const path& file : {CertificateFile(folder), KeyFile(folder), ListFile(folder)}) {
    if (!IsThere(file)) continue;
    return {Code::kFailedPrecondition, file.string() +
                                           " is there already: an authority is never overwritten, since "
                                           "all that it signed would be worthless; take another folder"};
  }
  const WallTime now = clock.Wall();
  ASSIGN_OR_RETURN(const KeyPair authority, MakeAuthority(From(now, kAuthorityLifetime)));
  ASSIGN_OR_RETURN(const std::string list, FirstList(authority, now));
  RETURN_IF_ERROR(os::CreateSecretFolder(IssuedFolder(folder)));
  RETURN_IF_ERROR(os::WriteSecretFile(files, KeyFile(folder), authority.key_pem));
  RETURN_IF_ERROR(os::WritePublicFile(files, ListFile(folder), list));
  return os::WriteWholeFile(files, CertificateFile(folder), authority.certificate_pem);
}

Result<CertificateAuthority> CertificateAuthority::Open(const path& folder, const base::Clock& clock,
                                                        os::FileCalls& files) {
  if (!IsThere(CertificateFile(folder))) {
    return {Code::kNotFound, fmt::format("there is no certificate authority in {}: `inferometer keys ca --out {}` "
                                         "makes one",
                                         folder.string(), folder.string())};
  }
  ASSIGN_OR_RETURN(os::FileLock lock, os::FileLock::Acquire(folder / ".lock"));
  CertificateAuthority authority(folder, clock, files, std::move(lock));
  RETURN_IF_ERROR(authority.Read());
  return authority;
}

Status CertificateAuthority::Read() {
  ASSIGN_OR_RETURN(authority_.certificate_pem, os::ReadFile(CertificateFile(folder_), kLargestPem));
  ASSIGN_OR_RETURN(authority_.key_pem, os::ReadFile(KeyFile(folder_), kLargestPem));
  ASSIGN_OR_RETURN(itself_, ReadCertificate(CertificateFile(folder_)));
  ASSIGN_OR_RETURN(const std::string list, os::ReadFile(ListFile(folder_), kLargestList));
  auto parsed = ParseRevocationList(list, authority_.certificate_pem);
  if (!parsed.ok()) {
    return {parsed.status().code(), ListFile(folder_).string() + ": " + parsed.status().message() +
                                        "; without it nobody knows who was revoked: bring it back from the broker"};
  }
  list_ = std::move(*parsed);
  return Ok();
}

Result<Validity> CertificateAuthority::ValidityOf(Days lifetime) const {
  const WallTime now = clock_->Wall();
  if (now < itself_.not_before || now > itself_.not_after) {
    return {Code::kFailedPrecondition,
            fmt::format("the authority in {} is valid from {} to {}, and this machine's clock says {}",
                        folder_.string(), Date(itself_.not_before), Date(itself_.not_after), Date(now))};
  }
  Validity validity = From(now, lifetime);
  validity.begin = std::max(validity.begin, itself_.not_before);
  validity.end = std::min(validity.end, itself_.not_after);
  return validity;
}

Status CertificateAuthority::CheckFree(const Issue& issue) const {
  const path file = folder_ / WithEnding(issue.stem, ".pem");
  const std::string& name = issue.subject.common_name;
  if (IsThere(file)) {
    ASSIGN_OR_RETURN(const Certificate other, ReadCertificate(file));
    if (other.common_name != name) {
      return {Code::kFailedPrecondition,
              fmt::format("{} is of \"{}\" and would be overwritten by that of \"{}\": take the other file away first",
                          file.string(), other.common_name, name)};
    }
  }
  if (issue.renew) return Ok();
  ASSIGN_OR_RETURN(const std::vector<IssuedCertificate> issued, Issued());
  for (const IssuedCertificate& one : issued) {
    if (one.certificate.common_name != name || one.revoked_at || one.certificate.not_after < clock_->Wall()) continue;
    return {Code::kFailedPrecondition, fmt::format("{} has a certificate that is valid until {}: --renew makes another",
                                                   name, Date(one.certificate.not_after))};
  }
  return Ok();
}

Status CertificateAuthority::Keep(const Issue& issue, const Certificate& certificate, const KeyPair& pair) {
  const path stem = folder_ / issue.stem;
  RETURN_IF_ERROR(os::CreateSecretFolder(stem.parent_path()));
  RETURN_IF_ERROR(
      os::WriteWholeFile(*files_, IssuedFolder(folder_) / (certificate.serial + ".pem"), pair.certificate_pem));
  RETURN_IF_ERROR(os::WriteSecretFile(*files_, WithEnding(stem, ".key"), pair.key_pem));
  return os::WriteWholeFile(*files_, WithEnding(stem, ".pem"), pair.certificate_pem);
}

WallTime CertificateAuthority::BeginOf(const std::string& name, WallTime begin) const {
  const auto issued = Issued();
  if (!issued.ok()) return begin;
  for (const IssuedCertificate& one : *issued) {
    if (one.certificate.common_name != name) continue;
    begin = std::max(begin, one.certificate.not_before + std::chrono::seconds(1));
  }
  return std::min(begin, clock_->Wall());
}

Result<Certificate> CertificateAuthority::Make(const Issue& issue) {
  RETURN_IF_ERROR(CheckFree(issue));
  ASSIGN_OR_RETURN(Validity validity, ValidityOf(issue.lifetime));
  validity.begin = BeginOf(issue.subject.common_name, validity.begin);
  ASSIGN_OR_RETURN(const KeyPair pair, Sign(authority_, issue.subject, validity));
  ASSIGN_OR_RETURN(Certificate certificate, ParseCertificate(pair.certificate_pem));
  RETURN_IF_ERROR(Keep(issue, certificate, pair));
  return certificate;
}

Result<KeyPair> CertificateAuthority::MakePass(const std::string& common_name) const {
  const WallTime now = clock_->Wall();
  return Sign(authority_, {common_name, {}}, From(now, kPassLifetime));
}

Result<std::vector<IssuedCertificate>> CertificateAuthority::Issued() const {
  std::map<std::string_view, WallTime> revoked_at;
  for (const Revoked& revoked : list_.revoked) revoked_at[revoked.serial] = revoked.at;
  std::vector<IssuedCertificate> issued;
  std::error_code error;
  std::filesystem::directory_iterator entry(IssuedFolder(folder_), error);
  for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    if (entry->path().extension() != ".pem") continue;  // what a crash left of writing one
    ASSIGN_OR_RETURN(Certificate certificate, ReadCertificate(entry->path()));
    const auto on_list = revoked_at.find(certificate.serial);
    const auto at = on_list == revoked_at.end() ? std::nullopt : std::optional(on_list->second);
    issued.push_back({std::move(certificate), at});
  }
  if (error) return os::ErrnoStatus(error.value(), "list " + IssuedFolder(folder_).string());
  std::sort(issued.begin(), issued.end(), NewestOfEachNameFirst);
  return issued;
}

Status CertificateAuthority::Revoke(const std::vector<std::string>& serials) {
  RevocationList list = list_;
  for (const std::string& serial : serials) {
    const bool is_on_it = std::any_of(list.revoked.begin(), list.revoked.end(),
                                      [&serial](const Revoked& revoked) { return revoked.serial == serial; });
    if (!is_on_it) list.revoked.push_back({serial, clock_->Wall()});
  }
  return WriteList(std::move(list), std::chrono::floor<std::chrono::seconds>(list_.next_update - list_.this_update));
}

Status CertificateAuthority::RenewRevocationList(std::optional<Days> lifetime) {
  const auto last = std::chrono::floor<std::chrono::seconds>(list_.next_update - list_.this_update);
  return WriteList(list_, lifetime ? std::chrono::seconds(*lifetime) : last);
}

Status CertificateAuthority::WriteList(RevocationList list, std::chrono::seconds lifetime) {
  const WallTime now = std::chrono::floor<std::chrono::seconds>(clock_->Wall());
  ++list.number;
  list.this_update = std::max<WallTime>(list_.this_update + kBetweenLists, now - kBackdated);
  list.next_update = list.this_update + lifetime;
  if (list.this_update > now) {
    return {Code::kFailedPrecondition,
            fmt::format("the revocation list in {} is of {}, which is later than this machine's clock says: a broker "
                        "would take nobody in; check the clock",
                        folder_.string(), base::FormatRfc3339(list_.this_update))};
  }
  ASSIGN_OR_RETURN(const std::string pem, SignRevocationList(authority_, list));
  RETURN_IF_ERROR(os::WritePublicFile(*files_, ListFile(folder_), pem));
  ASSIGN_OR_RETURN(list_, ParseRevocationList(pem, authority_.certificate_pem));
  return Ok();
}

}  // namespace inferometer::mqtt::keys
