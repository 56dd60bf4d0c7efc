#include "mqtt/keys/certificate_authority.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "os/faulty_files.h"
#include "os/scoped_umask.h"
#include "os/temporary_folder.h"
#include "probe/manual_clock.h"

namespace inferometer::mqtt::keys {
namespace {

using std::chrono::hours;
using testing::HasSubstr;

class Authority : public testing::Test {
 protected:
  void SetUp() override {
    clock_.wall = WallTime(std::chrono::seconds(1'790'000'000));
    ASSERT_TRUE(CertificateAuthority::Create(folder(), clock_, os::SystemFileCalls()).ok());
  }
  [[nodiscard]] std::filesystem::path folder() const { return files_.path() / "keys"; }
  CertificateAuthority Open(os::FileCalls& calls = os::SystemFileCalls()) {
    return CertificateAuthority::Open(folder(), clock_, calls).value();
  }
  static Issue For(const std::string& name) { return {.subject = {name, {}}, .stem = "devices/" + name}; }
  static bool OwnerOnly(const std::filesystem::path& path) {
    using std::filesystem::perms;
    return (std::filesystem::status(path).permissions() & (perms::group_all | perms::others_all)) == perms::none;
  }
  [[nodiscard]] std::filesystem::perms ModeOfList() const {
    return std::filesystem::status(folder() / "crl.pem").permissions();
  }

  os::TemporaryFolder files_;
  probe::ManualClock clock_;
};

TEST_F(Authority, KeysAreTheirOwnersOnly) {
  ASSERT_TRUE(Open().Make(For("pi-07")).ok());
  EXPECT_TRUE(OwnerOnly(folder()));
  EXPECT_TRUE(OwnerOnly(folder() / "ca.key"));
  EXPECT_TRUE(OwnerOnly(folder() / "devices/pi-07.key"));
}

TEST_F(Authority, ListIsForAllToReadWhateverTheUmask) {
  constexpr std::filesystem::perms kForAll{0644};
  const os::ScopedUmask strict(077);
  std::filesystem::remove_all(folder());
  ASSERT_TRUE(CertificateAuthority::Create(folder(), clock_, os::SystemFileCalls()).ok());
  EXPECT_EQ(ModeOfList(), kForAll);
  ASSERT_TRUE(Open().Revoke({"0a"}).ok());
  EXPECT_EQ(ModeOfList(), kForAll);
  ASSERT_TRUE(Open().RenewRevocationList(std::nullopt).ok());
  EXPECT_EQ(ModeOfList(), kForAll);
}

TEST_F(Authority, IsNeverOverwritten) {
  const std::string key = os::ReadFile(folder() / "ca.key", 10'000).value();
  const Status again = CertificateAuthority::Create(folder(), clock_, os::SystemFileCalls());
  EXPECT_EQ(again.code(), Code::kFailedPrecondition);
  EXPECT_THAT(again.message(), HasSubstr("take another folder"));
  std::filesystem::remove(folder() / "ca.pem");
  EXPECT_FALSE(CertificateAuthority::Create(folder(), clock_, os::SystemFileCalls()).ok()) << "its key is there still";
  EXPECT_EQ(os::ReadFile(folder() / "ca.key", 10'000).value(), key);
}

TEST_F(Authority, ThatIsNotThereIsToldWithTheCommandThatMakesIt) {
  const auto opened = CertificateAuthority::Open(files_.path() / "none", clock_, os::SystemFileCalls());
  EXPECT_EQ(opened.status().code(), Code::kNotFound);
  EXPECT_THAT(opened.status().message(), HasSubstr("inferometer keys ca --out"));
}

TEST_F(Authority, IsOneProcessesAtATime) {
  const CertificateAuthority first = Open();
  EXPECT_EQ(CertificateAuthority::Open(folder(), clock_, os::SystemFileCalls()).status().code(),
            Code::kFailedPrecondition);
}

TEST_F(Authority, CertificateBeginsAnHourAgoAndEndsAfterItsLifetime) {
  const Certificate made = Open().Make(For("pi-07")).value();
  EXPECT_EQ(made.not_before, clock_.wall - hours(1));
  EXPECT_EQ(made.not_after, clock_.wall + Days(365));
}

TEST_F(Authority, NewestOfANameComesFirstThoughAllWereMadeWithinASecond) {
  CertificateAuthority authority = Open();
  Issue issue = For("pi-07");
  issue.renew = true;
  for (int i = 0; i < 8; ++i) {
    const Certificate made = authority.Make(issue).value();
    EXPECT_EQ(authority.Issued().value().front().certificate.serial, made.serial) << i;
  }
}

TEST_F(Authority, NothingOutlivesIt) {
  clock_.Advance(Days(3600));
  CertificateAuthority authority = Open();
  EXPECT_EQ(authority.Make(For("pi-07"))->not_after, authority.certificate().not_after);
  clock_.Advance(Days(51));
  EXPECT_THAT(authority.Make(For("pi-08")).status().message(), HasSubstr("this machine's clock says"));
}

TEST_F(Authority, ClockFromBeforeItWasMadeSignsNothing) {
  clock_.wall = WallTime{};
  EXPECT_EQ(Open().Make(For("pi-07")).status().code(), Code::kFailedPrecondition);
}

TEST_F(Authority, SecondCertificateOfANameMustBeAskedFor) {
  CertificateAuthority authority = Open();
  ASSERT_TRUE(authority.Make(For("pi-07")).ok());
  EXPECT_THAT(authority.Make(For("pi-07")).status().message(), HasSubstr("--renew"));
  Issue renewal = For("pi-07");
  renewal.renew = true;
  EXPECT_TRUE(authority.Make(renewal).ok());
  EXPECT_EQ(authority.Issued()->size(), 2U);
}

TEST_F(Authority, NameWhoseCertificatesAreEndedOrRevokedIsFree) {
  CertificateAuthority authority = Open();
  ASSERT_TRUE(authority.Revoke({authority.Make(For("pi-07"))->serial}).ok());
  EXPECT_TRUE(authority.Make(For("pi-07")).ok());
  clock_.Advance(Days(366));
  EXPECT_TRUE(authority.Make(For("pi-07")).ok());
}

TEST_F(Authority, FileOfSomebodyElseIsNotOverwritten) {
  CertificateAuthority authority = Open();
  ASSERT_TRUE(authority.Make({.subject = {"00:0f", {}}, .stem = "devices/00-0f"}).ok());
  const auto other = authority.Make({.subject = {"00-0f", {}}, .stem = "devices/00-0f"});
  EXPECT_THAT(other.status().message(), HasSubstr("is of \"00:0f\" and would be overwritten"));
}

TEST_F(Authority, KnowsWhomItIssuedToAndWhoIsRevoked) {
  {
    CertificateAuthority authority = Open();
    ASSERT_TRUE(authority.Make(For("pi-08")).ok());
    ASSERT_TRUE(authority.Revoke({authority.Make(For("pi-07"))->serial}).ok());
  }
  files_.Put("keys/issued/0a.pem.tmp", "what a crash left");
  const auto issued = Open().Issued().value();
  ASSERT_EQ(issued.size(), 2U);
  EXPECT_EQ(issued[0].certificate.common_name, "pi-07");
  EXPECT_EQ(issued[0].revoked_at, clock_.wall);
  EXPECT_EQ(issued[1].revoked_at, std::nullopt);
}

TEST_F(Authority, EachListIsLaterThanTheLastAndNotLaterThanNow) {
  CertificateAuthority authority = Open();
  for (int i = 0; i < 5; ++i) {
    const RevocationList before = authority.revocation_list();
    ASSERT_TRUE(authority.Revoke({}).ok());
    EXPECT_GT(authority.revocation_list().this_update, before.this_update);
    EXPECT_LE(authority.revocation_list().this_update, clock_.wall);
    EXPECT_EQ(authority.revocation_list().number, before.number + 1);
  }
  clock_.wall -= hours(2);
  EXPECT_THAT(authority.Revoke({}).message(), HasSubstr("check the clock"));
}

TEST_F(Authority, ListKeepsTheLifetimeThatItWasGiven) {
  CertificateAuthority authority = Open();
  EXPECT_EQ(authority.revocation_list().next_update - authority.revocation_list().this_update, Days(3650));
  ASSERT_TRUE(authority.RenewRevocationList(Days(30)).ok());
  ASSERT_TRUE(authority.Revoke({"0a"}).ok());
  EXPECT_EQ(authority.revocation_list().next_update - authority.revocation_list().this_update, Days(30));
}

TEST_F(Authority, RevokingTwiceKeepsTheFirstTime) {
  CertificateAuthority authority = Open();
  ASSERT_TRUE(authority.Revoke({"0a"}).ok());
  const WallTime first = clock_.wall;
  clock_.Advance(hours(1));
  ASSERT_TRUE(authority.Revoke({"0a"}).ok());
  ASSERT_EQ(authority.revocation_list().revoked.size(), 1U);
  EXPECT_EQ(authority.revocation_list().revoked.front().at, first);
}

// Every call of making a certificate failing once: what a client could use can be revoked, and it can be tried again.
TEST_F(Authority, NoKeyIsThereWhoseCertificateIsNotRegistered) {
  for (int failing = 1;; ++failing) {
    os::FaultyFileCalls calls([failing](int nth) { return nth == failing ? EIO : 0; });
    const std::string name = "pi-" + std::to_string(failing);
    const bool made = Open(calls).Make(For(name)).ok();
    const bool has_key = std::filesystem::exists(folder() / "devices" / (name + ".key"));
    bool registered = false;
    const auto issued = Open().Issued().value();
    for (const IssuedCertificate& one : issued) registered |= one.certificate.common_name == name;
    EXPECT_TRUE(registered || !has_key) << failing;
    if (made) break;
    Issue again = For(name);
    again.renew = true;
    EXPECT_TRUE(Open().Make(again).ok()) << failing;
    ASSERT_LT(failing, 40);
  }
}

// Every call of a revocation failing once: the list is the old or the new one, never none.
TEST_F(Authority, ListIsWholeWhateverFails) {
  for (int failing = 1;; ++failing) {
    os::FaultyFileCalls calls([failing](int nth) { return nth == failing ? EIO : 0; });
    const bool done = Open(calls).Revoke({"0a"}).ok();
    EXPECT_TRUE(CertificateAuthority::Open(folder(), clock_, os::SystemFileCalls()).ok()) << failing;
    if (done) break;
    ASSERT_LT(failing, 20);
  }
}

TEST_F(Authority, DamagedListIsToldAndNotReplaced) {
  files_.Put("keys/crl.pem", "garbage");
  const auto opened = CertificateAuthority::Open(folder(), clock_, os::SystemFileCalls());
  EXPECT_EQ(opened.status().code(), Code::kDataLoss);
  EXPECT_THAT(opened.status().message(), HasSubstr("bring it back from the broker"));
}

}  // namespace
}  // namespace inferometer::mqtt::keys
