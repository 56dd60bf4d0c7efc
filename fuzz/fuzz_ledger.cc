// The ledger's file: whatever the bytes, a state within its bounds, which is the same when it was written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/checksum.h"
#include "store/ledger.h"
#include "store/lost_hours.h"

namespace {

using namespace inferometer;
using namespace inferometer::store;

constexpr std::size_t kSlotBytes = 32768;

// The same for the lost hours from `begin` on, if that is what stands there.
void RepairHours(std::string& bytes, std::size_t begin, std::size_t end, std::uint32_t reports) {
  if (begin + 4 > end) return;
  const std::size_t length = 4 + base::ReadLittleEndian<std::uint32_t>(bytes, begin) * kLostHoursBytes;
  if (length + 4 > end - begin) return;
  base::PutLittleEndian(&bytes[begin + length], Checksum(std::string_view(bytes).substr(begin, length), reports));
}

// Makes the checksums of a slot right, which no fuzzer would find.
void RepairChecksum(std::string& bytes, std::size_t slot) {
  const std::string start = LedgerState().Encode(1).substr(0, 12);
  if (bytes.size() < slot + 64) return;
  bytes.replace(slot, start.size(), start);
  const std::size_t end = std::min(bytes.size(), slot + kSlotBytes);
  const std::size_t used = base::ReadLittleEndian<std::uint32_t>(bytes, slot + 12);
  if (used < 68 || used > end - slot) return;
  const std::uint32_t reports = Checksum(std::string_view(bytes).substr(slot, used - 4));
  base::PutLittleEndian(&bytes[slot + used - 4], reports);
  RepairHours(bytes, slot + used, end, reports);
}

void Require(bool condition) {
  if (!condition) std::abort();
}

void CheckJson(const std::vector<LostHours>& hours) {
  std::string json;
  AppendLostHoursJson(WithAtMost(2, hours), json);
  Require(json.size() < 2000);
}

}  // namespace

// The first byte says: 1, the checksums are repaired.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1U) != 0) {
    RepairChecksum(bytes, 0);
    RepairChecksum(bytes, kSlotBytes);
  }
  os::SimulatedDisk disk;
  Require(disk.Put("/ledger", std::move(bytes)).ok());
  std::string state;
  {
    Ledger ledger = Ledger::Open(disk, "/ledger");
    Require(ledger.state().acknowledged().size() <= LedgerState::kMostStreams);
    Require(ledger.state().losses().size() <= LedgerState::kMostLosses);
    Require(CheckLostHours(ledger.state().lost_hours()).ok());
    CheckJson(ledger.state().lost_hours());
    state = ledger.state().Encode(1);
    Require(ledger.Write().ok());
  }
  Require(Ledger::Open(disk, "/ledger").state().Encode(1) == state);
  return 0;
}
