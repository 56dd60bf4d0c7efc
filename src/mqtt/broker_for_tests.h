#pragma once
// For tests: a real Mosquitto on a free loopback port, in a temporary folder, that can be killed, paused and started
// again on the same port. The program is what INFEROMETER_MOSQUITTO names, else the one that the set-up unpacked into
// third_party/, else the one in PATH.

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

#include "mqtt/loopback_for_tests.h"
#include "os/temporary_folder.h"

namespace inferometer::mqtt {

// One thread. The broker dies with the test, however that ends.
class BrokerForTests {
 public:
  // `config` stands after "listener PORT 127.0.0.1"; "FOLDER" in it becomes folder(). Not started yet.
  explicit BrokerForTests(std::string config = "allow_anonymous true\n") : config_(std::move(config)) {}
  ~BrokerForTests() { Kill(); }
  BrokerForTests(const BrokerForTests&) = delete;
  BrokerForTests& operator=(const BrokerForTests&) = delete;

  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }
  [[nodiscard]] const os::TemporaryFolder& files() const { return folder_; }

  // Returns once it takes connections; false (with the log on standard error) when it does not.
  [[nodiscard]] bool Start() {
    constexpr int kAttempts = 5;  // another test may have taken the port before the first start
    for (int attempt = 0; attempt < (was_up_ ? 1 : kAttempts); ++attempt) {
      if (attempt > 0) port_ = FreeLoopbackPort();
      WriteConfig();
      Spawn();
      if (AwaitListening()) return was_up_ = true;
      Kill();
    }
    std::ifstream log(folder() / "broker.log");
    const std::string text{std::istreambuf_iterator<char>(log), {}};
    std::fprintf(stderr, "%s did not start:\n%s\n", Program().c_str(), text.c_str());
    return false;
  }
  void Kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // Lets it shut down in order: it says good-bye to its clients.
  void Terminate() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    ::waitpid(pid_, nullptr, 0);
    pid_ = -1;
  }
  // Lets it read its files again.
  void Reload() const { ::kill(pid_, SIGHUP); }
  void Pause() const { ::kill(pid_, SIGSTOP); }
  void Continue() const { ::kill(pid_, SIGCONT); }

 private:
  static std::string Program() {
    if (const char* named = std::getenv("INFEROMETER_MOSQUITTO")) return named;
    const std::string unpacked = INFEROMETER_SOURCE_DIR "/third_party/mosquitto/usr/sbin/mosquitto";
    return std::filesystem::exists(unpacked) ? unpacked : "mosquitto";
  }

  void WriteConfig() const {
    std::string config = config_;
    for (auto at = config.find("FOLDER"); at != std::string::npos; at = config.find("FOLDER")) {
      config.replace(at, 6, folder().string());
    }
    std::ofstream(folder() / "broker.conf") << "user root\nlog_dest file " << folder().string() << "/broker.log\n"
                                            << "log_type all\nlistener " << port_ << " 127.0.0.1\n"
                                            << config;
  }

  void Spawn() {
    const std::string program = Program();
    const std::string config = (folder() / "broker.conf").string();
    pid_ = ::fork();
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::execlp(program.c_str(), program.c_str(), "-c", config.c_str(), nullptr);
    ::_exit(127);
  }

  [[nodiscard]] bool AwaitListening() {
    const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < end) {
      if (TakesConnections()) return true;
      if (::waitpid(pid_, nullptr, WNOHANG) != 0) {
        pid_ = -1;
        return false;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return false;
  }

  [[nodiscard]] bool TakesConnections() const {
    int fd = -1;
    const bool connected = ConnectToLoopback(port_, 0, fd);
    ::close(fd);
    return connected;
  }

  os::TemporaryFolder folder_;
  std::string config_;
  int port_ = FreeLoopbackPort();
  pid_t pid_ = -1;
  bool was_up_ = false;
};

}  // namespace inferometer::mqtt
