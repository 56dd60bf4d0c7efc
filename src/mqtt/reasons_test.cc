// The sentences that no test with a broker brings about.
#include "mqtt/reasons.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cerrno>

namespace inferometer::mqtt {
namespace {

using testing::HasSubstr;

Options To(const std::string& host) {
  Options options;
  options.host = host;
  options.client_id = "device-1";
  return options;
}

TEST(Reasons, UnreachableHostIsTold) {
  EXPECT_EQ(DialFailed(To("broker.lan"), MOSQ_ERR_ERRNO, EHOSTUNREACH, "").message(),
            "cannot reach broker.lan:1883 (No route to host): check the host, the port and the network");
}

TEST(Reasons, AnyOtherErrorOfTheLibraryIsPassedOn) {
  EXPECT_THAT(DialFailed(To("h"), MOSQ_ERR_NOMEM, 0, "").message(), HasSubstr("Out of memory"));
  EXPECT_THAT(DialFailed(To("h"), MOSQ_ERR_INVAL, 0, "a log line").message(), HasSubstr("; a log line"));
}

TEST(Reasons, SilenceIsToldWithItsLength) {
  EXPECT_EQ(NoAnswer(To("h"), "a ping", std::chrono::seconds(20)).message(),
            "h:1883 has not answered a ping for 20.0 s: is the network up and the broker well?");
}

TEST(Reasons, TlsFailureWithoutAReasonSaysSo) {
  EXPECT_THAT(ConnectionLost(To("h"), MOSQ_ERR_TLS, "", false).message(), HasSubstr("(no reason given)"));
}

TEST(Reasons, RefusedCredentialsOfBothProtocolsAreOneSentence) {
  for (const int code : {int{CONNACK_REFUSED_BAD_USERNAME_PASSWORD}, int{CONNACK_REFUSED_NOT_AUTHORIZED},
                         int{MQTT_RC_BAD_USERNAME_OR_PASSWORD}, int{MQTT_RC_NOT_AUTHORIZED}}) {
    const Status status = ConnectRefused(To("h"), code);
    EXPECT_EQ(status.code(), Code::kPermissionDenied);
    EXPECT_THAT(status.message(), HasSubstr("wants a user name and a password")) << code;
  }
}

TEST(Reasons, BrokersGoodbyeNamesItsCode) {
  EXPECT_THAT(DisconnectedByBroker(To("h"), MQTT_RC_SERVER_SHUTTING_DOWN).message(), HasSubstr("0x8b"));
}

}  // namespace
}  // namespace inferometer::mqtt
