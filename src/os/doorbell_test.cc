#include "os/doorbell.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

namespace inferometer::os {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;

class ABell : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(bell_.ok());
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
  }
  void TearDown() override {
    ::close(ends_[0]);
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  Result<Doorbell> bell_ = Doorbell::Make();
  int ends_[2] = {-1, -1};
};

TEST_F(ABell, TimePassesWhenNothingHappens) {
  const auto begin = steady_clock::now();
  const Woken woken = bell_->Wait(ends_[0], false, milliseconds(20));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(20));
  EXPECT_FALSE(woken.rung || woken.readable || woken.writable);
}

TEST_F(ABell, StaysRungUntilItIsSilenced) {
  bell_->Silence();
  bell_->Ring();
  bell_->Ring();
  EXPECT_TRUE(bell_->Wait(-1, false, milliseconds(0)).rung);
  EXPECT_TRUE(bell_->Wait(-1, false, milliseconds(0)).rung);
  bell_->Silence();
  EXPECT_FALSE(bell_->Wait(-1, false, milliseconds(0)).rung);
}

TEST_F(ABell, RingOfAnotherThreadEndsTheWait) {
  std::thread other([&] { bell_->Ring(); });
  EXPECT_TRUE(bell_->Wait(ends_[0], false, seconds(20)).rung);
  other.join();
}

TEST_F(ABell, DescriptorEndsTheWait) {
  EXPECT_TRUE(bell_->Wait(ends_[0], /*for_writing=*/true, seconds(20)).writable);
  EXPECT_FALSE(bell_->Wait(ends_[0], /*for_writing=*/false, milliseconds(0)).writable);
  ASSERT_EQ(::write(ends_[1], "x", 1), 1);
  EXPECT_TRUE(bell_->Wait(ends_[0], false, seconds(20)).readable);
}

TEST_F(ABell, PeersEndIsReadable) {
  ::close(ends_[1]);
  ends_[1] = -1;
  EXPECT_TRUE(bell_->Wait(ends_[0], false, seconds(20)).readable);
}

TEST_F(ABell, MovesWithItsRing) {
  bell_->Ring();
  const Doorbell moved = std::move(*bell_);
  EXPECT_TRUE(moved.Wait(-1, false, milliseconds(0)).rung);
  bell_ = Doorbell::Make();
}

TEST_F(ABell, LingeringSocketWaitsForThePeerAndForgetsItsInput) {
  const LingeringSocket held(ends_[0]);
  ASSERT_EQ(::write(ends_[1], "unread", 6), 6);
  std::thread peer([&] {
    char byte = 0;
    EXPECT_EQ(::read(ends_[1], &byte, 1), 0) << "the end was said";
    ::close(ends_[1]);
    ends_[1] = -1;
  });
  const auto begin = steady_clock::now();
  held.AwaitClose(seconds(20));
  EXPECT_LT(steady_clock::now() - begin, seconds(10));
  peer.join();
}

TEST_F(ABell, LingeringSocketWaitsNoLongerThanAllowed) {
  const LingeringSocket held(ends_[0]);
  const auto begin = steady_clock::now();
  held.AwaitClose(milliseconds(20));
  EXPECT_GE(steady_clock::now() - begin, milliseconds(20));
}

TEST(LingeringSocket, WithoutASocketDoesNothing) { LingeringSocket(-1).AwaitClose(seconds(20)); }

}  // namespace
}  // namespace inferometer::os
