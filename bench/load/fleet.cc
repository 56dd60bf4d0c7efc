// Many devices in one process, as far as a broker and a hub can tell:
//   bench-fleet PORT --devices N [--streams S] [--records M] [--no-hub]
// Each connects, subscribes to its acknowledgements, says its status, and sends M records of each of its S streams.
// Ends when a hub has acknowledged all of them or, with --no-hub, when the broker has. Prints one JSON object a phase;
// times are the system's steady clock in seconds.
#include <fmt/format.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/record_key.h"
#include "load/raw_client.h"
#include "load/record_lines.h"
#include "os/process.h"

namespace inferometer::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kMostConnecting = 64;  // below the broker's backlog: a connect that is dropped costs a second
constexpr std::size_t kWindow = 512;         // as a device's outbox has it
constexpr std::chrono::seconds kAckTimeout{30};

struct Options {
  int port = 0;
  std::size_t devices = 1;
  std::size_t streams = 1;
  std::size_t records = 1;  // of a stream
  bool no_hub = false;
};

struct Totals {
  std::size_t connected = 0;
  std::size_t done = 0;
  std::uint64_t resent = 0;
};

[[noreturn]] void Fail(const std::string& what) {
  fmt::print(stderr, "bench-fleet: {}\n", what);
  std::exit(1);
}
void FailUnless(const Status& status) {
  if (!status.ok()) Fail(status.message());
}

double Seconds(Clock::time_point at) { return std::chrono::duration<double>(at.time_since_epoch()).count(); }

class Device {
 public:
  Device(std::size_t number, const Options& options, Totals& totals)
      : options_(options), totals_(totals), id_(fmt::format("bench-{:05}", number)), upto_(options.streams, 0) {
    for (std::size_t i = 0; i < options.streams; ++i) lines_.emplace_back(id_, StreamOf(i));
    events_ = {.on_connected = [this](std::size_t most) { OnConnected(most); },
               .on_subscribed = [this] { ++totals_.connected; },
               .on_published = [this] { OnPublished(); },
               .on_message = [this](std::string_view payload) { OnAcknowledgement(payload); }};
  }

  void Dial() {
    auto client = RawClient::Dial(options_.port, id_);
    FailUnless(client.status());
    client_ = std::make_unique<RawClient>(std::move(*client));
  }
  void Work(bool readable) {
    if (readable) FailUnless(client_->Read(events_));
    // Half a window at a time, so that the load takes little of the processors itself.
    if (in_flight_ <= window_ / 2) Send();
    FailUnless(client_->Flush());
  }
  void Begin() {
    const std::string status = fmt::format(
        R"({{"status":"online","device_id":"{0}","lag_records":{1},"context":{{"device_name":"{0}"}}}})", id_, Total());
    client_->Publish("iot/status/" + id_, status, true);
    in_flight_ = 1;
    has_begun_ = true;
    heard_ = Clock::now();
    Work(false);
  }
  // What a device does when nothing was acknowledged for so long: from the first record on that is not.
  void SendAgainAfterTimeout(Clock::time_point now) {
    if (is_done_ || options_.no_hub || now - heard_ < kAckTimeout) return;
    const std::uint64_t first = *std::min_element(upto_.begin(), upto_.end()) * options_.streams;
    totals_.resent += next_ - std::min(next_, first);
    next_ = std::min(next_, first);
    heard_ = now;
    Work(false);
  }
  [[nodiscard]] int fd() const { return client_->fd(); }

 private:
  static std::uint64_t StreamOf(std::size_t index) { return 0x1000'0000'0000'0000U + index; }
  [[nodiscard]] std::uint64_t Total() const { return options_.records * options_.streams; }

  void OnConnected(std::size_t receive_maximum) {
    window_ = std::min(kWindow, receive_maximum);
    client_->Subscribe("iot/ack/" + id_);
  }
  void OnPublished() {
    --in_flight_;
    if (options_.no_hub && in_flight_ == 0 && next_ == Total()) Finish();
  }
  void OnAcknowledgement(std::string_view payload) {
    constexpr std::string_view kStream = "\"stream\":\"";
    constexpr std::string_view kUpto = "\",\"upto\":";
    for (std::size_t at = payload.find(kStream); at != std::string_view::npos; at = payload.find(kStream, at)) {
      at += kStream.size();
      const auto stream = base::ParseStream(payload.substr(at, 16));
      const std::string_view rest = payload.substr(at + 16);
      if (!stream || !rest.starts_with(kUpto)) continue;
      std::uint64_t upto = 0;
      std::from_chars(rest.data() + kUpto.size(), rest.data() + rest.size(), upto);
      NoteUpto(*stream - StreamOf(0), upto);
    }
  }
  void NoteUpto(std::uint64_t index, std::uint64_t upto) {
    if (index >= upto_.size() || upto <= upto_[index]) return;
    upto_[index] = upto;
    heard_ = Clock::now();
    if (std::all_of(upto_.begin(), upto_.end(), [this](std::uint64_t one) { return one >= options_.records; })) {
      Finish();
    }
  }
  void Finish() {
    if (!std::exchange(is_done_, true)) ++totals_.done;
  }

  // One stream after the other in turn.
  void Send() {
    while (has_begun_ && next_ < Total() && in_flight_ < window_) {
      line_.clear();
      lines_[next_ % options_.streams].Append(next_ / options_.streams + 1, line_);
      client_->Publish("iot/metrics/" + id_, line_, false);
      ++next_;
      ++in_flight_;
    }
  }

  const Options& options_;
  Totals& totals_;
  const std::string id_;
  std::vector<RecordLines> lines_;  // by stream
  std::vector<std::uint64_t> upto_;
  RawClient::Events events_;
  std::unique_ptr<RawClient> client_;
  std::string line_;
  std::size_t window_ = 0;
  std::size_t in_flight_ = 0;  // not acknowledged by the broker
  std::uint64_t next_ = 0;     // records sent, of all streams
  Clock::time_point heard_;
  bool has_begun_ = false;
  bool is_done_ = false;
};

class Fleet {
 public:
  explicit Fleet(const Options& options) : options_(options), epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (std::size_t i = 0; i < options.devices; ++i) {
      devices_.push_back(std::make_unique<Device>(i, options_, totals_));
    }
  }

  void Run() {
    const auto begin = Clock::now();
    while (totals_.connected < devices_.size()) {
      while (dialled_ < devices_.size() && dialled_ - totals_.connected < kMostConnecting) DialNext();
      Wait();
    }
    fmt::print(R"({{"phase":"connected","devices":{},"at":{:.6f},"seconds":{:.3f}}})"
               "\n",
               devices_.size(), Seconds(Clock::now()), Seconds(Clock::now()) - Seconds(begin));
    std::fflush(stdout);
    const auto first = Clock::now();
    for (const auto& device : devices_) device->Begin();
    while (totals_.done < devices_.size()) WaitAndLookForTimeouts();
    const double cpu = std::chrono::duration<double>(os::LaggingProcessCpuTime()).count();
    fmt::print(R"({{"phase":"done","begin":{:.6f},"end":{:.6f},"resent":{},"cpu_seconds":{:.3f}}})"
               "\n",
               Seconds(first), Seconds(Clock::now()), totals_.resent, cpu);
  }

 private:
  void DialNext() {
    Device& device = *devices_[dialled_++];
    device.Dial();
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLET;
    event.data.ptr = &device;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, device.fd(), &event) != 0) Fail("epoll_ctl");
  }
  void Wait() {
    std::array<epoll_event, 256> events;
    const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 200);
    for (int i = 0; i < count; ++i) {
      const epoll_event& one = events[static_cast<std::size_t>(i)];
      static_cast<Device*>(one.data.ptr)->Work((one.events & EPOLLIN) != 0);
    }
  }
  void WaitAndLookForTimeouts() {
    // Many answers at once: waking for each would take the processors from those that are measured.
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
    Wait();
    const auto now = Clock::now();
    if (now - looked_ < std::chrono::seconds(1)) return;
    looked_ = now;
    for (const auto& device : devices_) device->SendAgainAfterTimeout(now);
  }

  const Options& options_;
  Totals totals_;
  const int epoll_;
  std::vector<std::unique_ptr<Device>> devices_;
  std::size_t dialled_ = 0;
  Clock::time_point looked_{};
};

void RaiseDescriptorLimit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace
}  // namespace inferometer::bench

int main(int argc, char** argv) {
  using namespace inferometer::bench;
  Options options;
  CLI::App app("Many devices in one process");
  app.add_option("port", options.port, "Of the broker on 127.0.0.1")->required();
  app.add_option("--devices", options.devices)->check(CLI::PositiveNumber);
  app.add_option("--streams", options.streams, "Of each device")->check(CLI::PositiveNumber);
  app.add_option("--records", options.records, "Of each stream")->check(CLI::PositiveNumber);
  app.add_flag("--no-hub", options.no_hub, "Be content with what the broker acknowledges");
  CLI11_PARSE(app, argc, argv);
  RaiseDescriptorLimit();
  Fleet(options).Run();
  return 0;
}
