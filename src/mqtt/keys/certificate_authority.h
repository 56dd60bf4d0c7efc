#pragma once
// A private certificate authority, for a lab or a fleet, in a folder of its own:
//
//   ca.pem, ca.key      its certificate, and the key that everything rests on
//   crl.pem             the revocation list, empty at first
//   issued/SERIAL.pem   every certificate that it signed for more than an hour: what Issued knows and Revoke can name
//   devices/, *.pem     what Issue made, with its key beside it, to be carried to where it is used
//
// Keys have mode 0600, a new folder 0700. The list has 0644, whatever the umask, so that a broker of another
// user can read a copy that keeps its mode.

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "inferometer/status.h"
#include "mqtt/keys/certificate.h"
#include "mqtt/keys/revocation_list.h"
#include "mqtt/keys/signing.h"
#include "os/files.h"

namespace inferometer::mqtt::keys {

using Days = std::chrono::days;

inline constexpr Days kAuthorityLifetime{3650};
// As long as the authority: see docs/decisions/0022-revocation-lists-live-as-long-as-the-authority.md.
inline constexpr Days kRevocationListLifetime = kAuthorityLifetime;
// Everything signed begins this long ago, so that a machine whose clock is a little behind takes it, too.
inline constexpr std::chrono::hours kBackdated{1};

struct IssuedCertificate {
  Certificate certificate;
  std::optional<WallTime> revoked_at;
};

// What Issue writes: `stem`.pem and `stem`.key in the authority's folder.
struct Issue {
  Subject subject;
  std::filesystem::path stem;
  Days lifetime{365};  // ends with the authority's own at the latest
  bool renew = false;  // although one of that name is still valid
};

// Movable; one thread at a time, one process at a time (a lock in the folder). Every file is written whole or not at
// all, and survives a power cut when the call has returned. `clock` and `files` must outlive it.
class CertificateAuthority {
 public:
  // Makes one, with its empty revocation list. kFailedPrecondition where the folder has one: nothing is overwritten.
  [[nodiscard]] static Status Create(const std::filesystem::path& folder, const base::Clock& clock,
                                     os::FileCalls& files);
  // kNotFound where there is none, kFailedPrecondition where another process works with it.
  [[nodiscard]] static Result<CertificateAuthority> Open(const std::filesystem::path& folder, const base::Clock& clock,
                                                         os::FileCalls& files);

  [[nodiscard]] const std::filesystem::path& folder() const { return folder_; }
  [[nodiscard]] const Certificate& certificate() const { return itself_; }
  [[nodiscard]] const RevocationList& revocation_list() const { return list_; }
  [[nodiscard]] const std::string& certificate_pem() const { return authority_.certificate_pem; }

  // Signs for a new key, enters the certificate into issued/ first, so that nothing is used that cannot be revoked, and
  // writes both files. kFailedPrecondition when a certificate of that name is valid and `renew` is not set, and when
  // the stem's file names somebody else.
  [[nodiscard]] Result<Certificate> Make(const Issue& issue);

  // For an hour, written nowhere: what takes a revoked device's place at the broker, and what shows that the broker
  // knows the list (see eviction.h).
  [[nodiscard]] Result<KeyPair> MakePass(const std::string& common_name) const;

  // In order of name, the newest of each name first.
  [[nodiscard]] Result<std::vector<IssuedCertificate>> Issued() const;

  // Puts the serial numbers on the list; those that stand on it keep their time. Writes a new list in any case.
  [[nodiscard]] Status Revoke(const std::vector<std::string>& serials);
  // The same list anew, with the lifetime that the last one had, or another.
  [[nodiscard]] Status RenewRevocationList(std::optional<Days> lifetime);

 private:
  CertificateAuthority(std::filesystem::path folder, const base::Clock& clock, os::FileCalls& files, os::FileLock lock)
      : folder_(std::move(folder)), clock_(&clock), files_(&files), lock_(std::move(lock)) {}
  [[nodiscard]] Status Read();
  [[nodiscard]] Result<Validity> ValidityOf(Days lifetime) const;
  // A second after every other certificate of that name, if not later, so that the newest can be told: none begins
  // before the authority, so in its first hour they would all begin with it.
  [[nodiscard]] WallTime BeginOf(const std::string& name, WallTime begin) const;
  [[nodiscard]] Status CheckFree(const Issue& issue) const;
  [[nodiscard]] Status Keep(const Issue& issue, const Certificate& certificate, const KeyPair& pair);
  [[nodiscard]] Status WriteList(RevocationList list, std::chrono::seconds lifetime);

  std::filesystem::path folder_;
  const base::Clock* clock_;
  os::FileCalls* files_;
  os::FileLock lock_;
  KeyPair authority_;
  Certificate itself_;
  RevocationList list_;
};

}  // namespace inferometer::mqtt::keys
