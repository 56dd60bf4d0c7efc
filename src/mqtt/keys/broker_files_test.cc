// deploy/mosquitto holds what the program writes; INFEROMETER_UPDATE_GOLDEN=1 writes it there.
#include "mqtt/keys/broker_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "base/device_id.h"
#include "os/files.h"

namespace inferometer::mqtt::keys {
namespace {

using testing::HasSubstr;
using testing::Not;

void ExpectShipped(const std::string& name, const std::string& text) {
  const std::filesystem::path file = std::filesystem::path(INFEROMETER_SOURCE_DIR) / "deploy/mosquitto" / name;
  if (std::getenv("INFEROMETER_UPDATE_GOLDEN") != nullptr) std::ofstream(file, std::ios::binary) << text;
  EXPECT_EQ(text, os::ReadFile(file, 1'000'000).value()) << file;
}

TEST(BrokerFiles, AreThoseInDeploy) {
  ExpectShipped("mosquitto.conf", MosquittoConf({}));
  ExpectShipped("acl", AccessList({}));
}

TEST(BrokerFiles, NameTheFolderAndThePortThatWereAskedFor) {
  const std::string conf = MosquittoConf({.folder = "/somewhere", .port = 9883});
  EXPECT_THAT(conf, HasSubstr("\nlistener 9883\n"));
  EXPECT_THAT(conf, HasSubstr("\ncrlfile /somewhere/crl.pem\n"));
  EXPECT_THAT(conf, Not(HasSubstr("/etc/mosquitto")));
}

TEST(BrokerFiles, GrantSeveralHubsTheSameEach) {
  const std::string acl = AccessList({.of_role = {2, 1, 1}});
  EXPECT_THAT(acl, HasSubstr("user _hub-1\ntopic read iot/metrics/+\n"));
  EXPECT_THAT(acl, HasSubstr("user _hub-2\ntopic read iot/metrics/+\n"));
  EXPECT_THAT(acl, Not(HasSubstr("user _hub\n")));
  EXPECT_THAT(acl, Not(HasSubstr("_hub-3")));
}

// A name with a slash would reach below another's.
TEST(BrokerFiles, NoPatternReachesBelowAName) {
  EXPECT_THAT(AccessList({}).substr(AccessList({}).find("\npattern")), Not(HasSubstr("#\n")));
}

TEST(Users, CannotBeDevices) {
  for (const Role role : kRoles) {
    EXPECT_FALSE(base::CanonicalDeviceId(UserName(role)).ok());
    EXPECT_FALSE(base::CanonicalDeviceId(UserName(role, 2)).ok());
  }
  EXPECT_FALSE(base::CanonicalDeviceId(kBrokerName).ok());
}

}  // namespace
}  // namespace inferometer::mqtt::keys
