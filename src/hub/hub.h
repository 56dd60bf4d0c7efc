#pragma once
// The hub as a program: a connection that hears every device, and a thread that keeps what they send.

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "hub/collector.h"
#include "hub/report_file.h"
#include "inferometer/status.h"
#include "mqtt/connection.h"
#include "os/files.h"

namespace inferometer::hub {

struct HubOptions {
  mqtt::Options broker;  // subscriptions are filled in here
  CollectorOptions collector;
  // Of messages that wait for the disk. Beyond it the network waits, and so the broker and the devices.
  std::size_t most_waiting_bytes = std::size_t{32} << 20U;
  // How long the network waits for the disk; then messages are passed over, and sent again by their devices.
  std::chrono::milliseconds patience{3'000};
};

// Called on one of the hub's threads; quick.
struct HubEvents {
  std::function<void()> on_online;
  std::function<void(const std::string& problem)> on_problem;
  // Now and then, and at the end.
  std::function<void(const CollectorReport& report)> on_report;
};

// Start and Stop belong to the owner; the rest works by itself. `calls` and `clock` must outlive it.
class Hub {
 public:
  // Opens the folder, which the caller has locked, and replays its journal. The broker need not be there yet.
  [[nodiscard]] static Result<std::unique_ptr<Hub>> Start(HubOptions options, os::FileCalls& calls,
                                                          const base::Clock& clock, HubEvents events);
  ~Hub();  // as a crash would end it, unless Stop was called
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Takes what the broker has sent until now (for 2 s at most) and nothing more, saves everything, says good-bye. The
  // error is of the last save.
  [[nodiscard]] Status Stop();

  // As of a moment ago.
  [[nodiscard]] CollectorReport Report() const;

 private:
  // Messages, one behind the other in one piece of memory.
  struct Arrivals {
    struct Sizes {
      std::size_t topic;
      std::size_t payload;
    };
    std::string bytes;
    std::vector<Sizes> sizes;
  };

  Hub(HubOptions options, std::unique_ptr<Collector> collector, os::FileCalls& calls, const base::Clock& clock,
      HubEvents events);
  [[nodiscard]] Status Connect();
  void Run();
  void OnMessage(std::string_view topic, std::string_view payload);
  [[nodiscard]] bool TakeArrivals(Arrivals& arrivals);
  void Round(const Arrivals& arrivals);
  bool Send();
  // Unless it is what was told last; empty: it is over.
  void TellOnce(const std::string& problem, std::string& told);
  void ShareReport(bool is_last);
  void WriteReport(const CollectorReport& report);

  const HubOptions options_;
  const base::Clock& clock_;
  const HubEvents events_;
  std::unique_ptr<Collector> collector_;  // the thread's
  std::string told_problem_;
  std::string told_save_problem_;
  std::chrono::nanoseconds round_began_{0};
  bool has_more_to_do_ = false;
  std::chrono::nanoseconds reported_{0};
  ReportFile report_file_;  // the thread's
  std::string told_report_problem_;
  Status last_save_;

  mutable std::mutex mutex_;
  std::condition_variable arrived_;
  std::condition_variable taken_;
  Arrivals waiting_;               // protected by mutex_
  std::uint64_t passed_over_ = 0;  // protected by mutex_
  bool is_stopping_ = false;       // protected by mutex_
  bool is_abandoned_ = false;      // protected by mutex_
  CollectorReport report_;         // protected by mutex_

  std::unique_ptr<mqtt::Connection> connection_;
  std::thread thread_;
};

}  // namespace inferometer::hub
