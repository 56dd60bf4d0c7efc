#include "mqtt/subscriptions.h"

#include <gtest/gtest.h>

namespace inferometer::mqtt {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

BackOff Certain(double share) {
  return {seconds(1), seconds(60), [share] { return share; }};
}

TEST(BackOff, DoublesFromTheFirstToTheMost) {
  BackOff back_off = Certain(0.5);
  std::vector<milliseconds> waits;
  waits.reserve(8);
  for (int i = 0; i < 8; ++i) waits.push_back(back_off.Next());
  EXPECT_EQ(waits, (std::vector<milliseconds>{milliseconds(500), seconds(1), seconds(2), seconds(4), seconds(8),
                                              seconds(16), seconds(30), seconds(30)}));
  back_off.Reset();
  EXPECT_EQ(back_off.Next(), milliseconds(500));
}

TEST(BackOff, JitterIsFull) {
  EXPECT_EQ(Certain(0).Next(), milliseconds(0));
  EXPECT_EQ(Certain(0.999).Next(), milliseconds(999));
}

TEST(BackOff, RandomnessOutOfRangeDoesNoHarm) {
  EXPECT_EQ(Certain(-3).Next(), milliseconds(0));
  EXPECT_EQ(Certain(7).Next(), seconds(1));
}

const Subscriptions::Time kNow{};

TEST(Subscriptions, NoneAreGrantedAtOnce) {
  const Subscriptions none({}, Certain(0.5));
  EXPECT_FALSE(none.Due(kNow));
  EXPECT_TRUE(none.all_granted());
  EXPECT_EQ(none.next_due(), Subscriptions::Time::max());
}

TEST(Subscriptions, AreAskedForOnceUntilTheAnswerComes) {
  Subscriptions subscriptions({"a", "b"}, Certain(0.5));
  EXPECT_TRUE(subscriptions.Due(kNow));
  subscriptions.Asked();
  EXPECT_FALSE(subscriptions.Due(kNow + seconds(100)));
  EXPECT_FALSE(subscriptions.all_granted());
  EXPECT_FALSE(subscriptions.Answered({1, 0}, kNow).has_value());
  EXPECT_TRUE(subscriptions.all_granted());
}

TEST(Subscriptions, OnlyRefusedOnesAreAskedForAgainLater) {
  Subscriptions subscriptions({"a", "b", "c"}, Certain(0.5));
  subscriptions.Asked();
  const auto refused = subscriptions.Answered({1, 0x87, 0x8f}, kNow);
  ASSERT_TRUE(refused.has_value());
  EXPECT_EQ(refused->filter, "b");
  EXPECT_EQ(refused->reason_code, 0x87);
  EXPECT_FALSE(subscriptions.all_granted());
  EXPECT_FALSE(subscriptions.Due(kNow + milliseconds(499)));
  EXPECT_EQ(subscriptions.next_due(), kNow + milliseconds(500));
  EXPECT_TRUE(subscriptions.Due(kNow + milliseconds(500)));
  EXPECT_EQ(subscriptions.missing(), (std::vector<std::string>{"b", "c"}));
}

TEST(Subscriptions, AnswerThatIsTooShortRefusesTheRest) {
  Subscriptions subscriptions({"a", "b"}, Certain(0.5));
  subscriptions.Asked();
  EXPECT_EQ(subscriptions.Answered({1}, kNow)->filter, "b");
}

}  // namespace
}  // namespace inferometer::mqtt
