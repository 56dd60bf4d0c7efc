#include "os/doorbell.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string_view>
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

// Two ends of a TCP connection over loopback.
class TcpEnds {
 public:
  TcpEnds() {
    const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    auto* const general = reinterpret_cast<sockaddr*>(&address);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener, general, size), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    EXPECT_EQ(::getsockname(listener, general, &size), 0);
    EXPECT_EQ(::connect(ours, general, size), 0);
    theirs = ::accept(listener, nullptr, nullptr);
    ::close(listener);
    const int on = 1;  // what the broker's connection has: else the kernel gathers by itself
    ::setsockopt(ours, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  }
  ~TcpEnds() {
    ::close(ours);
    ::close(theirs);
  }
  TcpEnds(const TcpEnds&) = delete;
  TcpEnds& operator=(const TcpEnds&) = delete;

  const int ours = ::socket(AF_INET, SOCK_STREAM, 0);
  int theirs = -1;
};

int IsCorked(int fd) {
  int corked = 0;
  socklen_t size = sizeof corked;
  EXPECT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_CORK, &corked, &size), 0);
  return corked;
}

// The kernel lets go by itself after 200 ms, so what it holds back meanwhile is not looked at.
TEST(GatheredWrites, GoTogetherAtTheEnd) {
  const TcpEnds ends;
  {
    const GatheredWrites gathered(ends.ours);
    EXPECT_EQ(IsCorked(ends.ours), 1);
    ASSERT_EQ(::write(ends.ours, "one", 3), 3);
    ASSERT_EQ(::write(ends.ours, "two", 3), 3);
  }
  EXPECT_EQ(IsCorked(ends.ours), 0);
  char bytes[16];
  ASSERT_EQ(::recv(ends.theirs, bytes, 6, MSG_WAITALL), 6);
  EXPECT_EQ(std::string_view(bytes, 6), "onetwo");
}

TEST_F(ABell, GatheredWritesAreOrdinaryOnesWhereTheSocketIsNotOfTcp) {
  const GatheredWrites gathered(ends_[0]);
  ASSERT_EQ(::write(ends_[0], "one", 3), 3);
  char bytes[16];
  EXPECT_EQ(::read(ends_[1], bytes, sizeof bytes), 3);
}

}  // namespace
}  // namespace inferometer::os
