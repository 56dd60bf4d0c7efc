// Which brokers a client believes that cannot go by its machine's clock. A real broker with the shipped configuration.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/keys/keyed_broker_for_tests.h"

namespace inferometer::mqtt::keys {
namespace {

using std::chrono::seconds;
using testing::Pair;

class CertificatesJudgedAt : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(keyed_.Admit("device-1")); }
  // The broker gets one that is valid from then on, which the machine's clock finds not valid yet.
  void MakeBrokerOf(Days from_now) {
    keyed_.clock().shift = from_now;
    const Issue issue{.subject = {"_broker", {"localhost"}}, .stem = "broker", .lifetime = Days(30), .renew = true};
    ASSERT_TRUE(keyed_.authority().Make(issue).ok());
    keyed_.clock().shift = {};
  }
  [[nodiscard]] Options JudgedAt(Days from_now, std::vector<std::string> subscriptions = {}) const {
    Options options = keyed_.OptionsWith("device-1", std::move(subscriptions));
    options.certificates_judged_at = [=] { return base::SystemClock().Wall() + from_now; };
    return options;
  }
  static void ExpectConnects(const Options& options) {
    Mailbox mailbox;
    const auto connection = MustStart(options, mailbox.handlers());
    EXPECT_TRUE(mailbox.AwaitOnline()) << testing::PrintToString(mailbox.reasons());
  }
  // The reason holds `words`.
  static void ExpectRefuses(const Options& options, const std::string& words) {
    Mailbox mailbox;
    const auto connection = MustStart(options, mailbox.handlers());
    EXPECT_TRUE(mailbox.AwaitReason(words)) << testing::PrintToString(mailbox.reasons());
    EXPECT_EQ(connection->stats().connects, 0U);
  }
  KeyedBroker keyed_;
};

TEST_F(CertificatesJudgedAt, ABrokerThatTheMachinesClockFindsNotValidYetIsBelievedAtTheGivenTime) {
  MakeBrokerOf(Days(100));
  ASSERT_TRUE(keyed_.Start());
  ExpectRefuses(keyed_.OptionsWith("device-1"), "not valid yet by this machine's clock");
  ExpectConnects(JudgedAt(Days(101)));
}

// Though the machine's clock would take it.
TEST_F(CertificatesJudgedAt, ABrokerIsRefusedBeforeItsCertificateBeginsAndAfterItsEnd) {
  ASSERT_TRUE(keyed_.Start());
  ExpectRefuses(JudgedAt(-Days(1)), "was not accepted");
  ExpectRefuses(JudgedAt(Days(366)), "was not accepted: it is expired");
}

TEST_F(CertificatesJudgedAt, WithoutATimeTheMachinesClockCounts) {
  ASSERT_TRUE(keyed_.Start());
  Options options = keyed_.OptionsWith("device-1");
  options.certificates_judged_at = [] { return std::nullopt; };
  ExpectConnects(options);
}

TEST_F(CertificatesJudgedAt, TheTimeIsAskedForAtEveryAttempt) {
  MakeBrokerOf(Days(100));
  ASSERT_TRUE(keyed_.Start());
  Options options = JudgedAt(Days(0));
  std::atomic<int> asked = 0;
  options.certificates_judged_at = [&asked] { return base::SystemClock().Wall() + Days(++asked > 2 ? 101 : 0); };
  ExpectConnects(options);
  EXPECT_EQ(asked, 3);
}

TEST_F(CertificatesJudgedAt, ABrokerOfAnotherAuthorityIsRefused) {
  KeyedBroker other;
  ASSERT_TRUE(keyed_.Start());
  Options options = JudgedAt(Days(0));
  options.tls->ca_file = (other.keys() / "ca.pem").string();
  ExpectRefuses(options, "not signed by " + options.tls->ca_file);
}

TEST_F(CertificatesJudgedAt, ABrokerThatTheMachinesStoreDoesNotKnowIsRefused) {
  ASSERT_TRUE(keyed_.Start());
  Options options = JudgedAt(Days(0));
  options.tls = Tls{};
  ExpectRefuses(options, "not signed by the certificates this machine trusts");
}

TEST_F(CertificatesJudgedAt, ABrokerOfAnotherHostIsRefusedByName) {
  ASSERT_TRUE(keyed_.Start());
  Options options = JudgedAt(Days(0));
  options.host = "127.0.0.1";
  ExpectRefuses(options, "is not for \"127.0.0.1\"");
}

TEST_F(CertificatesJudgedAt, AnAddressThatStandsInTheCertificateIsBelieved) {
  const Issue issue{.subject = {"_broker", {"127.0.0.1"}}, .stem = "broker", .renew = true};
  ASSERT_TRUE(keyed_.authority().Make(issue).ok());
  ASSERT_TRUE(keyed_.Start());
  Options options = JudgedAt(Days(0));
  ExpectRefuses(options, "is not for \"localhost\"");
  options.host = "127.0.0.1";
  ExpectConnects(options);
}

TEST_F(CertificatesJudgedAt, ADevicesCertificateIsNoneForABroker) {
  ASSERT_TRUE(keyed_.Admit("localhost"));
  for (const char* ending : {".pem", ".key"}) {
    std::filesystem::copy_file(keyed_.keys() / (std::string("localhost") + ending),
                               keyed_.keys() / (std::string("broker") + ending),
                               std::filesystem::copy_options::overwrite_existing);
  }
  ASSERT_TRUE(keyed_.Start());
  ExpectRefuses(JudgedAt(Days(0)), "was not accepted");
}

TEST_F(CertificatesJudgedAt, FilesThatCannotBeUsedAreNamed) {
  ASSERT_TRUE(keyed_.Start());
  for (std::string Tls::*file : {&Tls::ca_file, &Tls::cert_file, &Tls::key_file}) {
    Options options = JudgedAt(Days(0));
    options.tls.value().*file = keyed_.broker().files().Put("not.pem", "hello").string();
    ExpectRefuses(options, "is " + options.tls.value().*file + " still there and readable?");
  }
}

TEST_F(CertificatesJudgedAt, MessagesPass) {
  ASSERT_TRUE(keyed_.Admit("_hub") && keyed_.Start());
  Mailbox mailbox;
  Options hub = keyed_.OptionsWith("_hub", {"iot/metrics/device-1"});
  hub.certificates_judged_at = [] { return base::SystemClock().Wall(); };
  const auto receiver = MustStart(hub, mailbox.handlers());
  ASSERT_TRUE(mailbox.AwaitOnline());
  Mailbox own;
  const auto sender = MustStart(JudgedAt(Days(0)), own.handlers());
  const std::string large(200'000, 'x');
  for (int i = 0; i < 5; ++i) sender->Publish({"iot/metrics/device-1", large});
  ASSERT_TRUE(mailbox.AwaitMessages(5));
  EXPECT_THAT(mailbox.messages().back(), Pair("iot/metrics/device-1", large));
  EXPECT_TRUE(sender->Stop({}, seconds(10)));
}

}  // namespace
}  // namespace inferometer::mqtt::keys
