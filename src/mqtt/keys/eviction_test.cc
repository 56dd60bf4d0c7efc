#include "mqtt/keys/eviction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "mqtt/keys/keyed_broker_for_tests.h"

namespace inferometer::mqtt::keys {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

class Eviction : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(keyed_.Admit("device-1") && keyed_.Admit("device-2") && keyed_.Admit("_hub") && keyed_.Start());
    revoked_pass_ = keyed_.authority().MakePass("_revoked").value();
  }
  // Revokes one, as `inferometer keys revoke` does.
  [[nodiscard]] bool Revoke(const std::string& name) {
    const std::string pass = ParseCertificate(revoked_pass_.certificate_pem).value().serial;
    return keyed_.authority().Revoke({pass}).ok() && keyed_.RevokeAllOf(name);
  }
  [[nodiscard]] Status Await(seconds at_most) const {
    return AwaitRevocationList(keyed_.door(), revoked_pass_, real_clock_, at_most);
  }

  KeyedBroker keyed_;
  KeyPair revoked_pass_;
  base::SystemClock real_clock_;
};

TEST_F(Eviction, RevokedOneThatIsConnectedIsPutOutAndStaysOut) {
  Mailbox mailbox;
  const auto connection = MustStart(keyed_.OptionsWith("device-1"), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  ASSERT_TRUE(Revoke("device-1") && keyed_.InstallAndReload());
  ASSERT_TRUE(Await(seconds(10)).ok());
  EXPECT_TRUE(connection->stats().online) << "the list alone does not end a connection";

  const KeyPair pass = keyed_.authority().MakePass("device-1").value();
  ASSERT_TRUE(PutOut(keyed_.door(), pass, "device-1").ok());
  EXPECT_TRUE(mailbox.AwaitReason("it is revoked")) << testing::PrintToString(mailbox.reasons());
  EXPECT_FALSE(connection->stats().online);
  EXPECT_EQ(connection->stats().connects, 1U);
}

TEST_F(Eviction, OthersStayConnected) {
  Mailbox mailbox;
  const auto other = MustStart(keyed_.OptionsWith("device-2"), mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  ASSERT_TRUE(Revoke("device-1") && keyed_.InstallAndReload() && Await(seconds(10)).ok());
  ASSERT_TRUE(PutOut(keyed_.door(), keyed_.authority().MakePass("device-1").value(), "device-1").ok());
  ASSERT_TRUE(Revoke("device-1") && keyed_.InstallAndReload());
  EXPECT_TRUE(other->stats().online);
  EXPECT_EQ(other->stats().connects, 1U);
}

TEST_F(Eviction, LeavesTheLastWillOfWhoWasPutOut) {
  Mailbox hub;
  const auto watching = MustStart(keyed_.OptionsWith("_hub", {"iot/status/+"}), hub.handlers());
  Options options = keyed_.OptionsWith("device-1");
  options.last_will = Message{"iot/status/device-1", "gone", true};
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  ASSERT_TRUE(hub.AwaitOnline() && mailbox.AwaitOnline());
  ASSERT_TRUE(Revoke("device-1") && keyed_.InstallAndReload() && Await(seconds(10)).ok());
  ASSERT_TRUE(PutOut(keyed_.door(), keyed_.authority().MakePass("device-1").value(), "device-1").ok());
  ASSERT_TRUE(hub.AwaitMessages(1));
  EXPECT_THAT(hub.messages().front(), testing::Pair("iot/status/device-1", "gone"));
}

TEST_F(Eviction, BrokerThatHasNotReadTheListIsTold) {
  ASSERT_TRUE(Revoke("device-1"));
  const Status status = Await(seconds(0));
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("has not read the new list"));
}

// Mosquitto 2.0.11 that cannot read the list when it reloads goes on without any, and lets all revoked ones in again.
TEST_F(Eviction, BrokerThatCannotReadTheListIsFoundOut) {
  ASSERT_TRUE(Revoke("device-1") && keyed_.InstallAndReload() && Await(seconds(10)).ok());
  for (const char* broken : {"", "-----BEGIN X509 CRL-----\nMIIB"}) {
    keyed_.broker().files().Put("crl.pem", broken);
    keyed_.broker().Reload();
    std::this_thread::sleep_for(std::chrono::milliseconds(300));
    EXPECT_THAT(Await(seconds(0)).message(), HasSubstr("still lets revoked certificates in"));
  }
  ASSERT_TRUE(keyed_.InstallAndReload());
  EXPECT_TRUE(Await(seconds(10)).ok());
}

TEST_F(Eviction, BrokerThatRestartsIsWaitedFor) {
  ASSERT_TRUE(Revoke("device-1") && keyed_.Install());
  keyed_.broker().Kill();
  auto waiting = std::async(std::launch::async, [this] { return Await(seconds(10)); });
  std::this_thread::sleep_for(std::chrono::milliseconds(300));
  ASSERT_TRUE(keyed_.broker().Start());
  EXPECT_TRUE(waiting.get().ok());
}

TEST_F(Eviction, NobodyListeningIsTold) {
  keyed_.broker().Kill();
  const Status status = Await(seconds(0));
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_THAT(status.message(), HasSubstr("localhost:"));
}

// Whoever answers in the broker's place learns nothing and is not believed.
TEST_F(Eviction, BrokerOfAnotherAuthorityIsNotBelieved) {
  const KeyedBroker other;
  Door door = keyed_.door();
  door.authority_pem = other.door().authority_pem;
  EXPECT_THAT(Knock(door, revoked_pass_, "_revoked", seconds(5)).status().message(),
              HasSubstr("certificate verify failed"));
  door = keyed_.door();
  door.host = "127.0.0.1";  // does not stand in its certificate
  EXPECT_FALSE(Knock(door, revoked_pass_, "_revoked", seconds(5)).ok());
}

}  // namespace
}  // namespace inferometer::mqtt::keys
