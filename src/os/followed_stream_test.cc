#include "os/followed_stream.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <fstream>
#include <thread>

#include "os/as_nobody.h"
#include "os/temporary_folder.h"

namespace inferometer::os {
namespace {

class FollowedStreamTest : public testing::Test {
 protected:
  FollowedStreamTest() : stop_(std::move(Doorbell::Make()).value()) {}
  std::string Read(FollowedStream& stream) {
    char buffer[64];
    const auto got = stream.Read(buffer, stop_);
    return got.ok() ? std::string(buffer, *got) : got.status().message();
  }
  static void Append(const std::filesystem::path& path, std::string_view text) {
    std::ofstream(path, std::ios::app) << text;
  }
  // Accepts one connection, sends the text and closes.
  static void SendOnce(int listener, std::string_view text) {
    const int peer = ::accept(listener, nullptr, nullptr);
    static_cast<void>(::write(peer, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
    ::close(peer);
  }
  int Listen(const std::filesystem::path& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.string().copy(address.sun_path, sizeof address.sun_path - 1);
    const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    EXPECT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(listener, 1), 0);
    return listener;
  }

  TemporaryFolder folder_;
  Doorbell stop_;
};

TEST_F(FollowedStreamTest, AFilesPastIsPassedOverAndItsGrowthIsRead) {
  const auto path = folder_.Put("meter", "past\n");
  auto stream = FollowedStream::Open(path);
  ASSERT_TRUE(stream.ok());
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    Append(path, "new\n");
  });
  EXPECT_EQ(Read(*stream), "new\n");
}

TEST_F(FollowedStreamTest, AFileThatIsMadeShorterOrRemovedIsLost) {
  const auto path = folder_.Put("meter", "past\n");
  auto stream = FollowedStream::Open(path);
  ASSERT_TRUE(stream.ok());
  std::filesystem::resize_file(path, 1);
  EXPECT_EQ(Read(*stream), path.string() + " was made shorter");
  std::filesystem::remove(path);
  EXPECT_EQ(Read(*stream), path.string() + " was removed");
}

TEST_F(FollowedStreamTest, AFifoOutlivesItsWriters) {
  const auto path = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  auto stream = FollowedStream::Open(path);
  ASSERT_TRUE(stream.ok());
  Append(path, "one\n");
  EXPECT_EQ(Read(*stream), "one\n");
  std::jthread writer([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(30));
    Append(path, "two\n");
  });
  EXPECT_EQ(Read(*stream), "two\n");
}

TEST_F(FollowedStreamTest, WhatAFifoHeldIsPassedOver) {
  const auto path = folder_.path() / "fifo";
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  const int writer = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  ASSERT_EQ(::write(writer, "old\n", 4), 4);
  auto stream = FollowedStream::Open(path);
  ASSERT_TRUE(stream.ok());
  ASSERT_EQ(::write(writer, "new\n", 4), 4);
  EXPECT_EQ(Read(*stream), "new\n");
  ::close(writer);
}

TEST_F(FollowedStreamTest, ASocketIsReadUntilItIsClosed) {
  const auto path = folder_.path() / "socket";
  const int listener = Listen(path);
  std::jthread server([&] { SendOnce(listener, "live\n"); });
  auto stream = FollowedStream::Open(path);
  ASSERT_TRUE(stream.ok()) << stream.status().message();
  EXPECT_EQ(Read(*stream), "live\n");
  EXPECT_EQ(Read(*stream), path.string() + ": closed by the other side");
  ::close(listener);
}

TEST_F(FollowedStreamTest, ASocketThatNobodyServesIsUnavailable) {
  const auto path = folder_.path() / "socket";
  ::close(Listen(path));
  EXPECT_EQ(FollowedStream::Open(path).status().code(), Code::kUnavailable);
}

TEST_F(FollowedStreamTest, TheBellEndsAWait) {
  auto stream = FollowedStream::Open(folder_.Put("meter", ""));
  ASSERT_TRUE(stream.ok());
  std::jthread ringer([&] { stop_.Ring(); });
  char buffer[8];
  EXPECT_EQ(stream->Read(buffer, stop_).status().code(), Code::kCancelled);
}

TEST_F(FollowedStreamTest, WhatCannotBeFollowedIsNamed) {
  EXPECT_EQ(FollowedStream::Open(folder_.path() / "none").status().code(), Code::kNotFound);
  EXPECT_EQ(FollowedStream::Open(folder_.path()).status().message(),
            folder_.path().string() + " is neither a file, a FIFO nor a socket");
  const auto secret = folder_.Put("secret", "");
  ASSERT_EQ(::chmod(secret.c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const AsNobody nobody;
  EXPECT_EQ(FollowedStream::Open(secret).status().code(), Code::kPermissionDenied);
}

}  // namespace
}  // namespace inferometer::os
