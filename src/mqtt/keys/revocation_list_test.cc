#include "mqtt/keys/revocation_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "mqtt/keys/signing.h"

namespace inferometer::mqtt::keys {
namespace {

constexpr WallTime kNow = WallTime(std::chrono::seconds(1'790'000'000));
constexpr Validity kTenYears = {kNow, kNow + std::chrono::days(3650)};

class RevocationListText : public testing::Test {
 protected:
  KeyPair authority_ = MakeAuthority(kTenYears).value();
  RevocationList list_ = {7, kNow, kNow + std::chrono::days(30), {{"0a01", kNow}, {"ff00aa", kNow}}};
};

TEST_F(RevocationListText, IsReadAsItWasWritten) {
  const std::string pem = SignRevocationList(authority_, list_).value();
  const RevocationList read = ParseRevocationList(pem, authority_.certificate_pem).value();
  EXPECT_EQ(read.number, 7U);
  EXPECT_EQ(read.this_update, list_.this_update);
  EXPECT_EQ(read.next_update, list_.next_update);
  ASSERT_EQ(read.revoked.size(), 2U);
  EXPECT_EQ(read.revoked[0].serial, "0a01");
  EXPECT_EQ(read.revoked[1].serial, "ff00aa");
  EXPECT_EQ(read.revoked[1].at, kNow);
}

TEST_F(RevocationListText, OfAnotherAuthorityIsRefused) {
  const KeyPair other = MakeAuthority(kTenYears).value();
  const std::string pem = SignRevocationList(other, list_).value();
  EXPECT_EQ(ParseRevocationList(pem, authority_.certificate_pem).status().code(), Code::kDataLoss);
}

TEST_F(RevocationListText, OfWhichAnythingIsMissingIsRefused) {
  const std::string pem = SignRevocationList(authority_, list_).value();
  for (std::size_t bytes = 0; bytes + 1 < pem.size(); bytes += 7) {
    EXPECT_EQ(ParseRevocationList(pem.substr(0, bytes), authority_.certificate_pem).status().code(), Code::kDataLoss);
  }
}

TEST_F(RevocationListText, TakesNoSerialNumberThatIsNone) {
  list_.revoked.push_back({"xyz", kNow});
  EXPECT_FALSE(SignRevocationList(authority_, list_).ok());
}

}  // namespace
}  // namespace inferometer::mqtt::keys
