#include "cli/broker_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/keys/signing.h"
#include "os/temporary_folder.h"

namespace inferometer::cli {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class CertificateName : public testing::Test {
 protected:
  Status Check(const std::string& common_name, const std::string& device_id, const std::string& username = "") {
    const WallTime now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    const mqtt::keys::Validity validity{now, now + std::chrono::hours(1)};
    const auto authority = mqtt::keys::MakeAuthority(validity).value();
    BrokerArguments arguments;
    arguments.username = username;
    arguments.cert_file =
        folder_.Put("a.pem", mqtt::keys::Sign(authority, {common_name, {}}, validity)->certificate_pem).string();
    return CheckCertificateNames(arguments, device_id);
  }
  os::TemporaryFolder folder_;
};

TEST_F(CertificateName, OfTheDeviceItselfPasses) {
  EXPECT_TRUE(Check("pi-07", "pi-07").ok());
  EXPECT_TRUE(Check("00:0F:00:70:91:0A", "00:0f:00:70:91:0a").ok());
}

TEST_F(CertificateName, OfAnotherDeviceIsRefusedNamingBoth) {
  const Status status = Check("pi-07", "pi-08");
  EXPECT_EQ(status.code(), Code::kInvalidArgument);
  EXPECT_THAT(status.message(), AllOf(HasSubstr("is of \"pi-07\", and this device is \"pi-08\""),
                                      HasSubstr("give --device-id pi-07"), HasSubstr("certificate of pi-08")));
}

TEST_F(CertificateName, OfAUserThatIsNoDeviceIsRefused) {
  EXPECT_THAT(Check("_sensors", "pi-08").message(), HasSubstr("is of \"_sensors\", and this device is \"pi-08\""));
}

TEST_F(CertificateName, ThatCannotBeADevicesIsAnothersAffair) {
  EXPECT_TRUE(Check("Factory 7, Line 2", "pi-08").ok());
  EXPECT_TRUE(Check("client.example.org", "pi-08").ok());
}

TEST_F(CertificateName, DoesNotMatterWithAUserName) { EXPECT_TRUE(Check("pi-07", "pi-08", "fleet").ok()); }

TEST_F(CertificateName, CannotBeToldFromWhatIsNoCertificate) {
  BrokerArguments arguments;
  arguments.cert_file = folder_.Put("a.pem", "hello").string();
  EXPECT_FALSE(CheckCertificateNames(arguments, "pi-08").ok());
}

std::string ErrorOfHost(const std::string& host) {
  BrokerArguments arguments;
  arguments.host = host;
  const auto options = BrokerOptions(arguments);
  return options.ok() ? "" : options.status().message();
}

TEST(BrokerHost, WithAPortInItIsToldTheOption) {
  EXPECT_THAT(ErrorOfHost("10.0.0.7:1884"), HasSubstr("give --broker 10.0.0.7 --port 1884"));
  EXPECT_THAT(ErrorOfHost("mqtts://hub.local"), HasSubstr("is a URL, not a host"));
  EXPECT_THAT(ErrorOfHost("mqtts://hub.local:8883"), HasSubstr("is a URL, not a host"));
}

TEST(BrokerHost, IsANameOrAnAddress) {
  for (const char* host : {"hub.local", "10.0.0.7", "::1", "fe80::1%eth0"}) EXPECT_EQ(ErrorOfHost(host), "") << host;
}

class CertificateBegin : public testing::Test {
 protected:
  static constexpr std::chrono::hours kHour{1};
  const WallTime now_ = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
  // Of the authority's certificate and of the client's, each counted from now.
  BrokerArguments Files(std::chrono::hours authority, std::chrono::hours client) {
    const auto signing = mqtt::keys::MakeAuthority({now_ + authority, now_ + 100 * kHour}).value();
    const auto signed_one = mqtt::keys::Sign(signing, {"pi-07", {}}, {now_ + client, now_ + 100 * kHour});
    BrokerArguments arguments;
    arguments.ca_file = folder_.Put("ca.pem", signing.certificate_pem).string();
    arguments.cert_file = folder_.Put("a.pem", signed_one->certificate_pem).string();
    return arguments;
  }
  os::TemporaryFolder folder_;
};

TEST_F(CertificateBegin, IsThatOfTheYoungerOfTheTwo) {
  EXPECT_EQ(NewestCertificateBegin(Files(-9 * kHour, -2 * kHour)), now_ - 2 * kHour);
  EXPECT_EQ(NewestCertificateBegin(Files(-2 * kHour, -9 * kHour)), now_ - 2 * kHour);
}

TEST_F(CertificateBegin, WhatIsMissingOrUnreadableIsPassedOver) {
  BrokerArguments arguments = Files(-9 * kHour, -2 * kHour);
  arguments.cert_file.clear();
  EXPECT_EQ(NewestCertificateBegin(arguments), now_ - 9 * kHour);
  arguments.ca_file = folder_.Put("no.pem", "hello").string();
  EXPECT_EQ(NewestCertificateBegin(arguments), std::nullopt);
}

// Without TLS it would go unused, and nobody would notice.
TEST(BrokerOptions, CertificateMeansTls) {
  BrokerArguments arguments;
  arguments.cert_file = "a.pem";
  const auto options = BrokerOptions(arguments);
  ASSERT_TRUE(options.ok());
  EXPECT_TRUE(options->tls.has_value());
  EXPECT_EQ(options->port, 8883);
}

}  // namespace
}  // namespace inferometer::cli
