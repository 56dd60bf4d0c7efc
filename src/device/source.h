#pragma once
// Where a device's messages come from.

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <utility>

#include "device/inbox.h"
#include "inferometer/status.h"
#include "os/doorbell.h"
#include "telemetry/csv_replay.h"
#include "telemetry/generator.h"
#include "telemetry/sensor_message.h"

namespace inferometer::device {

// One thread at a time.
class Source {
 public:
  virtual ~Source() = default;
  // Waits for the next message. Nothing at the end of the input, or when `stop` is requested.
  [[nodiscard]] virtual Result<std::optional<telemetry::SensorMessage>> Next(const std::stop_token& stop) = 0;
};

// What the network brings; never ends by itself.
class InboxSource final : public Source {
 public:
  explicit InboxSource(Inbox& inbox) : inbox_(inbox) {}
  [[nodiscard]] Result<std::optional<telemetry::SensorMessage>> Next(const std::stop_token& stop) override {
    return inbox_.Take(stop);
  }

 private:
  Inbox& inbox_;
};

// `count` messages of the generator; `speed`: 1 in the pace of their times; absent: as fast as they are taken.
class GeneratorSource final : public Source {
 public:
  GeneratorSource(telemetry::Generator generator, std::uint64_t count, std::optional<double> speed);
  [[nodiscard]] Result<std::optional<telemetry::SensorMessage>> Next(const std::stop_token& stop) override;

 private:
  telemetry::Generator generator_;
  std::uint64_t left_;
  std::optional<double> speed_;
  std::optional<WallTime> previous_;
};

// The rows of a CSV replay that are of one sensor, or all of them. Rows that cannot be read are counted and named; a
// replay without any row of the sensor is an error that names the sensors there are.
class ReplaySource final : public Source {
 public:
  struct Options {
    std::string sensor;           // a device id as it stands in the file, or "all"
    std::optional<double> speed;  // 1: as recorded; absent: as fast as the engine takes them
  };
  // Opens the file ("-": standard input) and reads its header. `on_problem` hears of bad rows: the first few by name.
  [[nodiscard]] static Result<std::unique_ptr<Source>> Open(const std::string& path, Options options,
                                                            std::function<void(const std::string&)> on_problem);
  [[nodiscard]] Result<std::optional<telemetry::SensorMessage>> Next(const std::stop_token& stop) override;

 private:
  ReplaySource(os::Doorbell stopped, Options options, std::function<void(const std::string&)> on_problem)
      : stopped_(std::move(stopped)), options_(std::move(options)), on_problem_(std::move(on_problem)) {}
  [[nodiscard]] Status AtEnd() const;
  void NameProblem(const std::string& problem);

  os::Doorbell stopped_;  // ends a wait for standard input
  Options options_;
  std::function<void(const std::string&)> on_problem_;
  std::optional<telemetry::CsvReplay> replay_;
  std::optional<WallTime> previous_;
  std::uint64_t matched_ = 0;
  std::uint64_t problems_ = 0;           // bad rows named so far
  std::set<std::string> other_sensors_;  // at most a few, for the error
};

}  // namespace inferometer::device
