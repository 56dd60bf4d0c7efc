#include "mqtt/keys/expiry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace inferometer::mqtt::keys {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class Expiry : public testing::Test {
 protected:
  static Certificate Of(const std::string& name, Days left, Purpose purpose = Purpose::kClient) {
    return {name, "0a", kNow - Days(1), kNow + left, purpose};
  }
  [[nodiscard]] std::vector<std::string> Warnings(const std::vector<IssuedCertificate>& issued = {}) const {
    return ExpiryWarnings(authority_, list_, issued, kNow);
  }

  static constexpr WallTime kNow = WallTime(std::chrono::seconds(1'790'000'000));
  Certificate authority_ = Of("CA", Days(3000), Purpose::kAuthority);
  RevocationList list_ = {1, kNow - Days(10), kNow + Days(20), {}};
};

TEST_F(Expiry, NothingIsSaidWhileEverythingIsFar) { EXPECT_THAT(Warnings({{Of("pi-07", Days(31)), {}}}), IsEmpty()); }

TEST_F(Expiry, RevocationListIsWarnedOfFromHalfItsLifeOn) {
  list_.next_update = kNow + Days(11);
  EXPECT_THAT(Warnings(), IsEmpty());
  list_.next_update = kNow + Days(10);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("half its life; when it ends, on 2026-10-01")));
}

TEST_F(Expiry, RevocationListThatHasEndedIsToldAsTheLockOutThatItIs) {
  list_.next_update = kNow - Days(1);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("ended on 2026-09-20: the broker takes nobody in")));
}

TEST_F(Expiry, AuthorityIsWarnedOfAYearAhead) {
  authority_.not_after = kNow + Days(365);
  EXPECT_THAT(Warnings(), ElementsAre(HasSubstr("the authority ends on 2027-09-21")));
}

TEST_F(Expiry, CertificateIsWarnedOfThirtyDaysAheadWithTheCommandThatRenewsIt) {
  EXPECT_THAT(
      Warnings(
          {{Of("pi-07", Days(30)), {}}, {Of("_hub-2", Days(-1)), {}}, {Of("_broker", Days(3), Purpose::kServer), {}}}),
      ElementsAre(HasSubstr("pi-07 ends on 2026-10-21, in 30 days: inferometer keys device --renew pi-07"),
                  HasSubstr("_hub-2 ended on 2026-09-20: inferometer keys hub --renew"),
                  HasSubstr("in 3 days: inferometer keys broker --renew")));
}

TEST_F(Expiry, NeitherRevokedNorSupersededCertificatesAreWarnedOf) {
  EXPECT_THAT(Warnings({{Of("pi-07", Days(300)), {}}, {Of("pi-07", Days(3)), {}}, {Of("pi-08", Days(3)), kNow}}),
              IsEmpty());
}

TEST(DaysLeft, AreWhole) {
  constexpr WallTime kTime = WallTime(std::chrono::seconds(1'790'000'000));
  EXPECT_EQ(Left(kTime + std::chrono::hours(47), kTime), Days(1));
  EXPECT_EQ(Left(kTime, kTime), Days(0));
  EXPECT_EQ(Left(kTime - std::chrono::seconds(1), kTime), Days(-1));
}

}  // namespace
}  // namespace inferometer::mqtt::keys
