// The ledger's file: whatever the bytes, a state within its bounds, which is the same when it was written.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "base/little_endian.h"
#include "os/simulated_disk.h"
#include "store/checksum.h"
#include "store/ledger.h"

namespace {

using namespace inferometer;
using namespace inferometer::store;

constexpr std::size_t kSlotBytes = 32768;

// Makes the checksum of a slot right, which no fuzzer would find.
void RepairChecksum(std::string& bytes, std::size_t slot) {
  const std::string start = LedgerState().Encode(1).substr(0, 12);
  if (bytes.size() < slot + 64) return;
  bytes.replace(slot, start.size(), start);
  const std::size_t end = std::min(bytes.size(), slot + kSlotBytes);
  const std::size_t used = base::ReadLittleEndian<std::uint32_t>(bytes, slot + 12);
  if (used < 68 || used > end - slot) return;
  base::PutLittleEndian(&bytes[slot + used - 4], Checksum(std::string_view(bytes).substr(slot, used - 4)));
}

void Require(bool condition) {
  if (!condition) std::abort();
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
    state = ledger.state().Encode(1);
    Require(ledger.Write().ok());
  }
  Require(Ledger::Open(disk, "/ledger").state().Encode(1) == state);
  return 0;
}
