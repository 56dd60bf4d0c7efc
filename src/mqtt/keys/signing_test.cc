#include "mqtt/keys/signing.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "os/files.h"
#include "os/temporary_folder.h"

namespace inferometer::mqtt::keys {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr WallTime kNow = WallTime(std::chrono::seconds(1'790'000'000));
constexpr Validity kYear = {kNow, kNow + std::chrono::days(365)};

class Signing : public testing::Test {
 protected:
  // What the openssl command says of a certificate, or of anything else.
  std::string OpenSsl(const std::string& arguments) const {
    const std::string out = (folder_.path() / "out").string();
    const std::string command = "cd " + folder_.path().string() + " && openssl " + arguments + " >" + out + " 2>&1";
    status_ = std::system(command.c_str());
    return os::ReadFile(out, 100'000).value();
  }
  std::string Described(const KeyPair& pair) const {
    folder_.Put("a.pem", pair.certificate_pem);
    return OpenSsl("x509 -in a.pem -noout -text");
  }

  os::TemporaryFolder folder_;
  mutable int status_ = 0;
  KeyPair authority_ = MakeAuthority({kNow, kNow + std::chrono::days(3650)}).value();
};

TEST_F(Signing, ClientsCertificateIsForClientsOnly) {
  const std::string text = Described(Sign(authority_, {"pi-07", {}}, kYear).value());
  EXPECT_THAT(text, HasSubstr("Subject: CN = pi-07\n"));
  EXPECT_THAT(text, HasSubstr("TLS Web Client Authentication\n"));
  EXPECT_THAT(text, Not(HasSubstr("Server Authentication")));
  EXPECT_THAT(text, HasSubstr("CA:FALSE"));
  EXPECT_THAT(text, HasSubstr("prime256v1"));
}

TEST_F(Signing, ServersCertificateIsForServersOnlyAndNamesItsHosts) {
  const std::string text =
      Described(Sign(authority_, {"_broker", {"broker.lab", "192.168.1.10", "fe80::1"}}, kYear).value());
  EXPECT_THAT(text, HasSubstr("TLS Web Server Authentication\n"));
  EXPECT_THAT(text, Not(HasSubstr("Client Authentication")));
  EXPECT_THAT(text, HasSubstr("DNS:broker.lab, IP Address:192.168.1.10, IP Address:FE80:0:0:0:0:0:0:1"));
}

TEST_F(Signing, ChainIsWhatOpenSslAccepts) {
  folder_.Put("ca.pem", authority_.certificate_pem);
  folder_.Put("a.pem", Sign(authority_, {"pi-07", {}}, kYear)->certificate_pem);
  const std::string at = " -attime " + std::to_string(1'790'000'100);
  EXPECT_THAT(OpenSsl("verify -x509_strict -purpose sslclient -CAfile ca.pem" + at + " a.pem"), HasSubstr("a.pem: OK"));
  OpenSsl("verify -purpose sslserver -CAfile ca.pem" + at + " a.pem");
  EXPECT_NE(status_, 0);
}

TEST_F(Signing, WhatIsSignedCannotSignFurther) {
  const KeyPair device = Sign(authority_, {"pi-07", {}}, kYear).value();
  const KeyPair forged = Sign(device, {"pi-08", {}}, kYear).value();
  folder_.Put("ca.pem", authority_.certificate_pem);
  folder_.Put("between.pem", device.certificate_pem);
  folder_.Put("a.pem", forged.certificate_pem);
  OpenSsl("verify -CAfile ca.pem -untrusted between.pem -attime 1790000100 a.pem");
  EXPECT_NE(status_, 0);
}

TEST_F(Signing, CertificateIsReadAsItWasWritten) {
  const Certificate client =
      ParseCertificate(Sign(authority_, {"00:0f:00:70:91:0a", {}}, kYear)->certificate_pem).value();
  EXPECT_EQ(client.common_name, "00:0f:00:70:91:0a");
  EXPECT_EQ(client.not_before, kYear.begin);
  EXPECT_EQ(client.not_after, kYear.end);
  EXPECT_EQ(client.purpose, Purpose::kClient);
  EXPECT_EQ(client.serial.size(), 32U);
  EXPECT_EQ(ParseCertificate(Sign(authority_, {"b", {"h"}}, kYear)->certificate_pem)->purpose, Purpose::kServer);
  EXPECT_EQ(ParseCertificate(authority_.certificate_pem)->purpose, Purpose::kAuthority);
}

TEST_F(Signing, NoTwoSerialNumbersAreTheSame) {
  const Certificate one = ParseCertificate(Sign(authority_, {"a-1", {}}, kYear)->certificate_pem).value();
  const Certificate two = ParseCertificate(Sign(authority_, {"a-1", {}}, kYear)->certificate_pem).value();
  EXPECT_NE(one.serial, two.serial);
}

TEST_F(Signing, NameThatFitsInNoCertificateIsRefused) {
  EXPECT_EQ(Sign(authority_, {std::string(65, 'a'), {}}, kYear).status().code(), Code::kInvalidArgument);
  EXPECT_EQ(Sign(authority_, {"\xff\xfe", {}}, kYear).status().code(), Code::kInvalidArgument);
}

TEST(Host, IsANameOrAnAddress) {
  for (const char* good : {"localhost", "broker.lab", "a-1.b", "192.168.1.10", "::1", "fe80::1"}) {
    EXPECT_TRUE(CheckHost(good).ok()) << good;
  }
  for (const char* bad : {"", "a,b", "DNS:a", "a b", "-a", ".a", "a/b", "@section", "*.lab", "a\nb", "fe80::1%eth0"}) {
    EXPECT_EQ(CheckHost(bad).code(), Code::kInvalidArgument) << bad;
  }
}

TEST(Certificate, ThatIsNoneIsToldWithItsFile) {
  const os::TemporaryFolder folder;
  EXPECT_THAT(ReadCertificate(folder.Put("a.pem", "hello")).status().message(), HasSubstr("a.pem: not a certificate"));
  EXPECT_EQ(ReadCertificate(folder.path() / "none.pem").status().code(), Code::kNotFound);
  const std::string key = MakeAuthority(kYear)->key_pem;
  EXPECT_FALSE(ParseCertificate(key).ok());
}

}  // namespace
}  // namespace inferometer::mqtt::keys
