#include "probe/energy/meter_reader.h"

#include <chrono>
#include <utility>

#include "os/process.h"

namespace inferometer::probe {
namespace {

constexpr std::chrono::milliseconds kTryAgain(500);

}  // namespace

Result<std::unique_ptr<MeterReader>> MeterReader::Start(const std::filesystem::path& path, Calls calls) {
  ASSIGN_OR_RETURN(os::FollowedStream stream, os::FollowedStream::Open(path));
  ASSIGN_OR_RETURN(os::Doorbell stop, os::Doorbell::Make());
  return std::unique_ptr<MeterReader>(new MeterReader(path, std::move(stream), std::move(stop), std::move(calls)));
}

MeterReader::MeterReader(std::filesystem::path path, os::FollowedStream stream, os::Doorbell stop, Calls calls)
    : path_(std::move(path)), calls_(std::move(calls)), stop_(std::move(stop)), stream_(std::move(stream)) {
  const os::SignalsBlocked blocked;
  thread_ = std::thread([this] { Run(); });
}

MeterReader::~MeterReader() {
  stop_.Ring();
  thread_.join();
}

void MeterReader::Run() {
  char buffer[4096];
  while (true) {
    const auto got = stream_.Read(buffer, stop_);
    if (got.ok()) {
      calls_.take(std::string_view(buffer, *got));
      continue;
    }
    if (got.status().code() == Code::kCancelled) return;
    calls_.lost(got.status());
    if (!OpenAnew()) return;
  }
}

// False when it was told to stop.
bool MeterReader::OpenAnew() {
  while (!stop_.Wait(-1, /*for_writing=*/false, kTryAgain).rung) {
    auto stream = os::FollowedStream::Open(path_);
    if (!stream.ok()) continue;
    stream_ = std::move(stream).value();
    return true;
  }
  return false;
}

}  // namespace inferometer::probe
