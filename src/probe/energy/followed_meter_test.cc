// OpenExternalMeter, with its thread, on real files, FIFOs and sockets.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <functional>
#include <thread>

#include "os/as_nobody.h"
#include "os/temporary_folder.h"
#include "probe/energy/external_meter.h"

namespace inferometer::probe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Seconds = std::chrono::duration<double>;

// What a program writes that knows nothing of us.
class FollowedMeterTest : public testing::Test {
 protected:
  Result<std::unique_ptr<EnergySource>> Open() {
    EnergyRoots roots;
    roots.clock = &clock_;
    roots.external_meter = path_;
    return OpenExternalMeter(roots);
  }
  // Writes 5 W every 10 ms, from now on, by `write`.
  void Play(std::function<void(const std::string&)> write) {
    player_ = std::jthread([this, write = std::move(write)](const std::stop_token& stop) {
      while (!stop.stop_requested()) {
        write(fmt::format("{:.6f} 5\n", Seconds(clock_.Wall().time_since_epoch()).count()));
        std::this_thread::sleep_for(milliseconds(10));
      }
    });
  }
  void ExpectFiveWatts(EnergySource& meter) {
    const EnergyReading begin = meter.Begin();
    std::this_thread::sleep_for(milliseconds(150));
    const EnergyReading end = meter.Read();
    meter.AwaitNews(seconds(2));
    const auto energy = meter.Between(begin, end, end.at - begin.at);
    ASSERT_TRUE(energy.ok()) << energy.status().message();
    EXPECT_NEAR(energy->mj, 5000 * Seconds(end.at - begin.at).count(), 0.5);
  }

  const base::SystemClock clock_;
  os::TemporaryFolder folder_;
  std::filesystem::path path_ = folder_.path() / "meter";
  std::jthread player_;
};

TEST_F(FollowedMeterTest, AFileThatGrows) {
  folder_.Put("meter", "time, watts\n1, 999\n");
  std::ofstream file(path_, std::ios::app);
  Play([&](const std::string& line) { file << line << std::flush; });
  auto meter = Open();
  ASSERT_TRUE(meter.ok()) << meter.status().message();
  EXPECT_NE((*meter)->facts().detail.find("Unix clock"), std::string::npos) << (*meter)->facts().detail;
  ExpectFiveWatts(**meter);
  player_ = {};
}

TEST_F(FollowedMeterTest, AFifo) {
  ASSERT_EQ(::mkfifo(path_.c_str(), 0600), 0);
  const int fifo = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
  Play([&](const std::string& line) {
    static_cast<void>(::write(fifo, line.data(), line.size()) == static_cast<ssize_t>(line.size()));
  });
  auto meter = Open();
  ASSERT_TRUE(meter.ok()) << meter.status().message();
  ExpectFiveWatts(**meter);
  player_ = {};
  ::close(fifo);
}

TEST_F(FollowedMeterTest, ASocketThatIsFoundAgainAfterItWasClosed) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path_.string().copy(address.sun_path, sizeof address.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 1), 0);
  std::atomic<bool> hang_up = false;
  int peer = -1;  // the player's
  Play([&](const std::string& line) {
    if (hang_up.exchange(false)) peer = (::close(peer), -1);
    if (peer < 0) peer = ::accept(listener, nullptr, nullptr);
    static_cast<void>(::send(peer, line.data(), line.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(line.size()));
  });
  auto meter = Open();
  ASSERT_TRUE(meter.ok()) << meter.status().message();
  ExpectFiveWatts(**meter);
  const EnergyReading begin = (*meter)->Begin();
  hang_up = true;
  std::this_thread::sleep_for(milliseconds(100));
  const EnergyReading end = (*meter)->Read();
  EXPECT_EQ((*meter)->Between(begin, end, end.at - begin.at).status().message(),
            path_.string() + ": closed by the other side");
  for (int i = 0; i < 100 && !(*meter)->Read().ok; ++i) std::this_thread::sleep_for(milliseconds(50));
  ExpectFiveWatts(**meter);
  player_.request_stop();
  player_.join();
  meter->reset();
  ::close(peer);
  ::close(listener);
}

TEST_F(FollowedMeterTest, NoneThatIsNamedIsNotFound) {
  path_.clear();
  EXPECT_EQ(Open().status().code(), Code::kNotFound);
}

TEST_F(FollowedMeterTest, OneThatCannotBeOpenedIsNamedWithTheNextStep) {
  const Status none = Open().status();
  EXPECT_EQ(none.code(), Code::kUnavailable);
  EXPECT_EQ(none.message(), "open " + path_.string() +
                                ": No such file or directory; start the meter's program first, or correct the path");
  folder_.Put("meter", "");
  ASSERT_EQ(::chmod(path_.c_str(), 0), 0);
  ASSERT_EQ(::chmod(folder_.path().c_str(), 0755), 0);
  const os::AsNobody nobody;
  const Status denied = Open().status();
  EXPECT_EQ(denied.code(), Code::kPermissionDenied);
  EXPECT_NE(denied.message().find("; allow it: sudo chmod a+rw " + path_.string()), std::string::npos);
}

TEST_F(FollowedMeterTest, OneThatSendsNothingIsUnavailable) {
  folder_.Put("meter", "1, 2\n2, 2\n");
  const Status status = Open().status();
  EXPECT_EQ(status.code(), Code::kUnavailable);
  EXPECT_EQ(status.message(), path_.string() + ": nothing came for 3 s; is the meter's program running?");
}

}  // namespace
}  // namespace inferometer::probe
