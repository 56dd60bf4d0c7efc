#pragma once
// A thread that follows a meter's stream.

#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>
#include <thread>

#include "inferometer/status.h"
#include "os/doorbell.h"
#include "os/followed_stream.h"

namespace inferometer::probe {

// Reads until destruction, which waits for the thread. Where the stream is lost it is opened anew, every half second
// until that works.
class MeterReader {
 public:
  // Both are called by the thread, one at a time: `take` with bytes as they come, `lost` with the reason, before what
  // is read of the stream that is opened anew.
  struct Calls {
    std::function<void(std::string_view bytes)> take;
    std::function<void(Status why)> lost;
  };
  // The status of FollowedStream::Open.
  [[nodiscard]] static Result<std::unique_ptr<MeterReader>> Start(const std::filesystem::path& path, Calls calls);
  ~MeterReader();
  MeterReader(const MeterReader&) = delete;
  MeterReader& operator=(const MeterReader&) = delete;

 private:
  MeterReader(std::filesystem::path path, os::FollowedStream stream, os::Doorbell stop, Calls calls);
  void Run();
  [[nodiscard]] bool OpenAnew();

  const std::filesystem::path path_;
  const Calls calls_;
  const os::Doorbell stop_;
  os::FollowedStream stream_;  // the thread's
  std::thread thread_;         // last
};

}  // namespace inferometer::probe
