#include "mqtt/options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/connection.h"
#include "os/temporary_folder.h"

namespace inferometer::mqtt {
namespace {

using testing::HasSubstr;

Options Good() {
  Options options;
  options.client_id = "device";
  return options;
}

TEST(MqttOptions, DefaultsWithAClientIdAreWell) { EXPECT_TRUE(CheckOptions(Good()).ok()); }

struct Mistake {
  std::function<void(Options&)> make;
  std::string said;
  // The test's name shows it.
  friend std::ostream& operator<<(std::ostream& out, const Mistake& mistake) { return out << mistake.said; }
};

class MqttMistake : public testing::TestWithParam<Mistake> {};

TEST_P(MqttMistake, IsNamedAndStopsTheStart) {
  Options options = Good();
  GetParam().make(options);
  const Status status = CheckOptions(options);
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(status.message(), HasSubstr(GetParam().said));
  EXPECT_EQ(Connection::Start(options, {}).status().message(), status.message());
}

INSTANTIATE_TEST_SUITE_P(
    All, MqttMistake,
    testing::Values(Mistake{[](Options& o) { o.host = ""; }, "host is missing"},
                    Mistake{[](Options& o) { o.host = std::string("a\0b", 3); }, "host is not valid"},
                    Mistake{[](Options& o) { o.port = 0; }, "port is 0"},
                    Mistake{[](Options& o) { o.port = 65536; }, "port is 65536"},
                    Mistake{[](Options& o) { o.client_id = ""; }, "client id is missing"},
                    Mistake{[](Options& o) { o.client_id = "\xff"; }, "client id is not valid"},
                    Mistake{[](Options& o) { o.username = std::string(70'000, 'x'); }, "user name is not valid"},
                    Mistake{[](Options& o) { o.password = std::string("a\0b", 3); }, "password is not valid"},
                    Mistake{[](Options& o) { o.keepalive = std::chrono::seconds(4); }, "keepalive"},
                    Mistake{[](Options& o) { o.most_incoming_bytes = 1; }, "largest incoming"},
                    Mistake{[](Options& o) { o.backoff_first = std::chrono::minutes(2); }, "back-off"},
                    Mistake{[](Options& o) { o.subscriptions = {"a/#/b"}; },
                            "\"a/#/b\" is not a topic that can be subscribed"},
                    Mistake{[](Options& o) { o.subscriptions = {""}; }, "subscribed"},
                    Mistake{[](Options& o) {
                              o.last_will = Message{"a/+", ""};
                            },
                            "\"a/+\" is not a topic that can be published"},
                    Mistake{[](Options& o) {
                              o.tls = Tls{"/no/such/ca", "", ""};
                            },
                            "cannot read the CA file /no/such/ca"},
                    Mistake{[](Options& o) {
                              o.tls = Tls{"", "cert", ""};
                            },
                            "needs its key file"},
                    Mistake{[](Options& o) {
                              o.tls = Tls{"", "", "key"};
                            },
                            "needs its key file"},
                    Mistake{[](Options& o) {
                              o.tls = Tls{"", "cert", "key"};
                            },
                            "needs a CA file"}));

TEST(MqttOptions, EachTlsFileMustBeReadable) {
  const os::TemporaryFolder folder;
  const std::string there = folder.Put("there.pem", "x").string();
  Options options = Good();
  options.tls = Tls{there, there, there};
  EXPECT_TRUE(CheckOptions(options).ok());
  options.tls->cert_file = "/no/cert";
  EXPECT_EQ(CheckOptions(options).message(), "cannot read the certificate file /no/cert");
  options.tls = Tls{there, there, "/no/key"};
  EXPECT_EQ(CheckOptions(options).message(), "cannot read the key file /no/key");
}

}  // namespace
}  // namespace inferometer::mqtt
