// What the hub's judgement of a record costs, and what it remembers of a stream.
//   bench-hub [--quick]
#include <fmt/format.h>
#include <malloc.h>

#include <chrono>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/quantile.h"
#include "figures.h"
#include "hub/streams.h"
#include "hub/validation.h"
#include "load/record_lines.h"

namespace inferometer::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kStream = 0x1000'0000'0000'0000U;

// Per record, of batches, so that reading the clock costs nothing; the median leaves out those that lost their CPU.
void BenchValidation(Figures& figures, const std::string& what, const std::string& more, int batches) {
  constexpr int kBatch = 256;
  const RecordLines lines("bench-00001", kStream);
  std::vector<std::string> payloads;
  for (std::uint64_t i = 1; i <= kBatch; ++i) {
    payloads.push_back(lines.Line(i));
    payloads.back().insert(payloads.back().size() - 1, more);
  }
  hub::Validator validator;
  std::vector<double> us;
  for (int i = -3; i < batches; ++i) {  // the first warm up
    int good = 0;
    const auto begin = Clock::now();
    for (const std::string& one : payloads) {
      good += static_cast<int>(std::holds_alternative<hub::Incoming>(validator.Validate("bench-00001", one)));
    }
    const double each = Microseconds(Clock::now() - begin) / kBatch;
    if (good != kBatch) fmt::print("{} records were refused\n", kBatch - good);
    if (i >= 0) us.push_back(each);
  }
  figures.Row(fmt::format("Validate, {} bytes, {}, median", payloads.front().size(), what),
              base::QuantileType7(us, 0.5), "us");
}

double AllocatedBytes() { return static_cast<double>(::mallinfo2().uordblks + ::mallinfo2().hblkhd); }

std::string DeviceName(std::uint64_t number) { return fmt::format("bench-{:06}", number); }

// Streams in order, each with so many records, of devices with so many streams each.
void BenchStreams(Figures& figures, std::uint64_t devices, std::uint64_t streams, std::uint64_t records) {
  const double before = AllocatedBytes();
  hub::Streams known({.checksum_bytes = std::size_t{1} << 40U});
  for (std::uint64_t device = 0; device < devices; ++device) {
    const std::string name = DeviceName(device);
    for (std::uint64_t stream = 1; stream <= streams; ++stream) {
      for (std::uint64_t i = 1; i <= records; ++i) known.Accept(name, stream, i, static_cast<std::uint32_t>(i));
    }
  }
  const double each = (AllocatedBytes() - before) / static_cast<double>(devices * streams);
  figures.Row(fmt::format("Streams, {} devices x {} streams x {} records, a stream", devices, streams, records), each,
              "B");
}

// As above, of streams of which nothing is written any more: a checkpoint read back.
void BenchQuietStreams(Figures& figures, std::uint64_t devices, std::uint64_t streams) {
  std::string checkpoint;
  {
    hub::Streams known;
    for (std::uint64_t device = 0; device < devices; ++device) {
      const std::string name = DeviceName(device);
      for (std::uint64_t stream = 1; stream <= streams; ++stream) known.Accept(name, stream, 1, std::nullopt);
    }
    known.AppendCheckpoint(checkpoint);
  }
  ::malloc_trim(0);
  const double before = AllocatedBytes();
  hub::Streams known;
  if (!known.RestoreCheckpoint(checkpoint).ok()) return;
  const double each = (AllocatedBytes() - before) / static_cast<double>(devices * streams);
  figures.Row(fmt::format("Streams, {} devices x {} streams, quiet, a stream", devices, streams), each, "B");
  figures.Row("  in a checkpoint", static_cast<double>(checkpoint.size()) / static_cast<double>(devices * streams),
              "B");
}

int Run(bool quick) {
  Figures figures;
  const int batches = quick ? 50 : 400;
  BenchValidation(figures, "known fields", "", batches);
  BenchValidation(figures, "two unknown fields", R"(,"site":"north","rack":7)", batches);
  const std::uint64_t devices = quick ? 500 : 5000;
  BenchQuietStreams(figures, devices, 1);
  BenchQuietStreams(figures, devices, 20);
  BenchStreams(figures, devices, 1, 10);
  BenchStreams(figures, devices, 1, 2000);
  return figures.ExitCode();
}

}  // namespace
}  // namespace inferometer::bench

int main(int argc, char** argv) {
  const bool quick = argc == 2 && std::string_view(argv[1]) == "--quick";
  if (argc > 1 && !quick) {
    fmt::print(stderr, "usage: bench-hub [--quick]\n");
    return 2;
  }
  return inferometer::bench::Run(quick);
}
