#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/broker_for_tests.h"
#include "mqtt/connection.h"
#include "mqtt/mailbox_for_tests.h"

namespace inferometer::mqtt {
namespace {

using std::chrono::seconds;
using testing::Pair;

// Certificates of one CA, made by the openssl command.
class Authority {
 public:
  explicit Authority(const std::filesystem::path& folder, std::string name) : folder_(folder), name_(std::move(name)) {
    made_ = Run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=" + name_ +
                " -keyout " + Key(name_) + " -out " + Certificate(name_));
  }
  // For the host names or addresses in `alternatives` ("DNS:localhost").
  void Issue(const std::string& subject, const std::string& alternatives) {
    const std::string request = (folder_ / (subject + ".csr")).string();
    const std::string extension = (folder_ / (subject + ".ext")).string();
    std::ofstream(extension) << "subjectAltName=" << alternatives << "\n";
    made_ = made_ &&
            Run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=" + subject + " -keyout " +
                Key(subject) + " -out " + request) &&
            Run("x509 -req -days 2 -CAcreateserial -in " + request + " -CA " + Certificate(name_) + " -CAkey " +
                Key(name_) + " -extfile " + extension + " -out " + Certificate(subject));
  }
  [[nodiscard]] std::string Key(const std::string& subject) const { return (folder_ / (subject + ".key")).string(); }
  [[nodiscard]] std::string Certificate(const std::string& subject) const {
    return (folder_ / (subject + ".pem")).string();
  }
  [[nodiscard]] bool made() const { return made_; }

 private:
  static bool Run(const std::string& arguments) {
    return std::system(("openssl " + arguments + " 2>/dev/null").c_str()) == 0;
  }
  std::filesystem::path folder_;
  std::string name_;
  bool made_ = false;
};

class TlsBroker : public testing::Test {
 protected:
  static constexpr const char* kConfig =
      "allow_anonymous true\ncertfile FOLDER/broker.pem\nkeyfile FOLDER/broker.key\ncafile FOLDER/ca.pem\n";
  void SetUp() override {
    authority_.Issue("broker", "DNS:localhost");
    authority_.Issue("device", "DNS:device");
    ASSERT_TRUE(authority_.made());
    ASSERT_TRUE(broker_.Start());
  }
  Options With(std::string ca_file) const {
    Options options = QuickOptions(broker_.port(), "self", {"n"});
    options.host = "localhost";
    options.tls = Tls{.ca_file = std::move(ca_file), .cert_file = "", .key_file = ""};
    return options;
  }
  explicit TlsBroker(const std::string& more_config = "") : broker_(kConfig + more_config) {}
  BrokerForTests broker_;
  Authority authority_{broker_.folder(), "ca"};
  Mailbox mailbox_;
};

TEST_F(TlsBroker, MessagesOfAnySizePass) {
  const auto connection = MustStart(With(authority_.Certificate("ca")), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  const std::string large(200'000, 'x');  // many TLS records, more than a socket's buffer takes at once
  for (int i = 0; i < 20; ++i) connection->Publish({"n", large});
  connection->Publish({"n", "end"});
  ASSERT_TRUE(mailbox_.AwaitMessages(21));
  EXPECT_THAT(mailbox_.messages().front(), Pair("n", large));
  EXPECT_THAT(mailbox_.messages().back(), Pair("n", "end"));
  EXPECT_TRUE(connection->Stop({{"n", "bye"}}, seconds(10)));
}

TEST_F(TlsBroker, CertificateOfAnotherCaIsToldWithTheCaFile) {
  const Authority other(broker_.folder(), "other");
  ASSERT_TRUE(other.made());
  const auto connection = MustStart(With(other.Certificate("other")), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("not signed by " + other.Certificate("other")));
  EXPECT_EQ(connection->stats().connects, 0U);
}

TEST_F(TlsBroker, CertificateThatThisMachineDoesNotKnowIsNotAccepted) {
  const auto connection = MustStart(With(""), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("not signed by the certificates this machine trusts"));
}

TEST_F(TlsBroker, CertificateForAnotherHostIsToldWithTheHost) {
  Options options = With(authority_.Certificate("ca"));
  options.host = "127.0.0.1";
  const auto connection = MustStart(options, mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("is not for \"127.0.0.1\""));
}

TEST_F(TlsBroker, ClientWithoutTlsIsAskedWhetherItShouldHave) {
  Options options = With("");
  options.tls.reset();
  const auto connection = MustStart(options, mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("is an MQTT broker listening there, without TLS?"));
}

TEST_F(TlsBroker, CaFileThatIsNoCertificateIsTold) {
  const auto file = broker_.files().Put("not.pem", "hello");
  const auto connection = MustStart(With(file.string()), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason(file.string()));
}

TEST_F(TlsBroker, CertificatesThatGoAwayLaterAreTold) {
  const auto file = broker_.files().Put("gone.pem", "");
  std::filesystem::copy_file(authority_.Certificate("ca"), file, std::filesystem::copy_options::overwrite_existing);
  const auto connection = MustStart(With(file.string()), mailbox_.handlers());
  ASSERT_TRUE(mailbox_.AwaitOnline());
  std::filesystem::remove(file);
  broker_.Kill();
  EXPECT_TRUE(mailbox_.AwaitReason("is " + file.string() + " still there and readable?"));
}

TEST(TlsToPlainBroker, IsToldAsSuch) {
  BrokerForTests broker;
  ASSERT_TRUE(broker.Start());
  Options options = QuickOptions(broker.port(), "self");
  options.tls.emplace();
  Mailbox mailbox;
  const auto connection = MustStart(options, mailbox.handlers());
  EXPECT_TRUE(mailbox.AwaitReason("TLS")) << testing::PrintToString(mailbox.reasons());
}

class StrictTlsBroker : public TlsBroker {
 protected:
  StrictTlsBroker() : TlsBroker("require_certificate true\n") {}
};

TEST_F(StrictTlsBroker, ClientWithACertificateIsLetIn) {
  Options options = With(authority_.Certificate("ca"));
  options.tls->cert_file = authority_.Certificate("device");
  options.tls->key_file = authority_.Key("device");
  const auto connection = MustStart(options, mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitOnline());
}

TEST_F(StrictTlsBroker, ClientWithoutACertificateLearnsWhy) {
  const auto connection = MustStart(With(authority_.Certificate("ca")), mailbox_.handlers());
  EXPECT_TRUE(mailbox_.AwaitReason("certificate required")) << testing::PrintToString(mailbox_.reasons());
}

}  // namespace
}  // namespace inferometer::mqtt
