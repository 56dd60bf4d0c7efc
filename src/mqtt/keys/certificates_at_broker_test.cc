// Which certificates the broker lets in, and what the client says of those that it does not. A real broker with the
// shipped configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/certificate_verdict.h"
#include "mqtt/keys/keyed_broker_for_tests.h"
#include "mqtt/keys/knock.h"

namespace inferometer::mqtt::keys {
namespace {

using std::chrono::seconds;

class CertificateAtBroker : public testing::Test {
 protected:
  // The reason why the client at `stem` does not get in, which holds `words`.
  void ExpectTurnedAway(const std::string& stem, const std::string& words) {
    Mailbox mailbox;
    const auto connection = MustStart(keyed_.OptionsWith(stem), mailbox.handlers());
    ASSERT_NE(connection, nullptr);
    EXPECT_TRUE(mailbox.AwaitReason(words)) << testing::PrintToString(mailbox.reasons());
    EXPECT_EQ(connection->stats().connects, 0U);
  }
  void ExpectLetIn(const std::string& stem) {
    Mailbox mailbox;
    const auto connection = MustStart(keyed_.OptionsWith(stem), mailbox.handlers());
    ASSERT_NE(connection, nullptr);
    EXPECT_TRUE(mailbox.AwaitOnline()) << testing::PrintToString(mailbox.reasons());
  }
  KeyedBroker keyed_;
};

TEST_F(CertificateAtBroker, ValidOneIsLetIn) {
  ASSERT_TRUE(keyed_.Admit("device-1") && keyed_.Start());
  ExpectLetIn("device-1");
}

TEST_F(CertificateAtBroker, ClientWithoutOneIsToldToGiveIt) {
  ASSERT_TRUE(keyed_.Start());
  Options options = keyed_.OptionsWith("none");
  options.tls->cert_file.clear();
  options.tls->key_file.clear();
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitReason("certificate required): give --cert and --key"));
}

TEST_F(CertificateAtBroker, ThatHasEndedIsTurnedAway) {
  keyed_.clock().shift = -Days(100);
  ASSERT_TRUE(keyed_.Admit("device-1", Days(99)));
  keyed_.clock().shift = {};
  ASSERT_TRUE(keyed_.Start());
  ExpectTurnedAway("device-1", "device-1.pem: it has ended, or the broker's revocation list has");
}

TEST_F(CertificateAtBroker, ThatIsNotValidYetIsTurnedAway) {
  keyed_.clock().shift = Days(2);
  ASSERT_TRUE(keyed_.Admit("device-1"));
  keyed_.clock().shift = {};
  ASSERT_TRUE(keyed_.Start());
  ExpectTurnedAway("device-1", "it is not valid yet");
}

TEST_F(CertificateAtBroker, OfAnotherAuthorityIsTurnedAway) {
  KeyedBroker other;
  ASSERT_TRUE(other.Admit("device-1") && keyed_.Start());
  for (const char* ending : {".pem", ".key"}) {
    std::filesystem::copy_file(other.keys() / (std::string("device-1") + ending),
                               keyed_.keys() / (std::string("device-1") + ending));
  }
  ExpectTurnedAway("device-1", "not signed by the authority that the broker trusts");
}

TEST_F(CertificateAtBroker, ThatIsRevokedIsTurnedAway) {
  ASSERT_TRUE(keyed_.Admit("device-1") && keyed_.Admit("device-2") && keyed_.RevokeAllOf("device-1") && keyed_.Start());
  ExpectTurnedAway("device-1", "it is revoked");
  ExpectLetIn("device-2");
}

TEST_F(CertificateAtBroker, ThatIsRevokedIsToldToWhoeverSaysNothing) {
  ASSERT_TRUE(keyed_.Admit("device-1") && keyed_.Admit("device-2") && keyed_.RevokeAllOf("device-1"));
  EXPECT_EQ(AskForVerdict(keyed_.OptionsWith("device-1"), seconds(1)), "") << "nobody listens";
  ASSERT_TRUE(keyed_.Start());
  EXPECT_THAT(AskForVerdict(keyed_.OptionsWith("device-1"), seconds(5)),
              testing::HasSubstr("alert certificate revoked"));
  EXPECT_EQ(AskForVerdict(keyed_.OptionsWith("device-2"), seconds(1)), "");
}

TEST_F(CertificateAtBroker, OfTheBrokerIsNoneForAClient) {
  ASSERT_TRUE(keyed_.Start());
  ExpectTurnedAway("broker", "it is not one for clients");
}

// Of two lists of one authority OpenSSL takes the later, by the second: two of the same second would leave the first.
TEST_F(CertificateAtBroker, RevokedWithinOneSecondOfAnotherIsTurnedAway) {
  ASSERT_TRUE(keyed_.Admit("device-1") && keyed_.Admit("device-2") && keyed_.Start());
  ASSERT_TRUE(keyed_.RevokeAllOf("device-1") && keyed_.InstallAndReload());
  ASSERT_TRUE(keyed_.RevokeAllOf("device-2") && keyed_.InstallAndReload());
  ExpectTurnedAway("device-1", "it is revoked");
  ExpectTurnedAway("device-2", "it is revoked");
}

TEST_F(CertificateAtBroker, RevocationListThatHasEndedLocksEverybodyOutUntilItIsRenewed) {
  ASSERT_TRUE(keyed_.Admit("device-1"));
  keyed_.clock().shift = -Days(10);
  ASSERT_TRUE(keyed_.authority().RenewRevocationList(Days(5)).ok());
  keyed_.clock().shift = {};
  ASSERT_TRUE(keyed_.Start());
  ExpectTurnedAway("device-1", "or the broker's revocation list has");
  ASSERT_TRUE(keyed_.authority().RenewRevocationList({}).ok());
  ASSERT_TRUE(keyed_.InstallAndReload());
  ExpectLetIn("device-1");
}

// A thief of a device's key cannot pass for the broker.
TEST(RogueBroker, WithADevicesCertificateIsNotBelieved) {
  KeyedBroker keyed;
  ASSERT_TRUE(keyed.Admit("localhost") && keyed.Admit("device-1"));
  for (const char* ending : {".pem", ".key"}) {
    std::filesystem::copy_file(keyed.keys() / (std::string("localhost") + ending),
                               keyed.keys() / (std::string("broker") + ending),
                               std::filesystem::copy_options::overwrite_existing);
  }
  ASSERT_TRUE(keyed.Start());
  Mailbox mailbox;
  const auto connection = MustStart(keyed.OptionsWith("device-1"), mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitReason("was not accepted")) << testing::PrintToString(mailbox.reasons());
  EXPECT_EQ(connection->stats().connects, 0U);
}

}  // namespace
}  // namespace inferometer::mqtt::keys
