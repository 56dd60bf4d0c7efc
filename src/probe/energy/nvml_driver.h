#pragma once
// The few calls of NVIDIA's management library (NVML) that energy needs, loaded at run time. Types, field numbers and
// return codes are declared here by the public documentation (docs.nvidia.com/deploy/nvml-api), so that no header of
// NVIDIA's is needed to build.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "inferometer/status.h"
#include "os/shared_library.h"

namespace inferometer::probe {

// nvmlFieldValue_t: what nvmlDeviceGetFieldValues fills in.
struct NvmlFieldValue {
  unsigned int field;
  unsigned int scope;  // for power: 0 is the GPU
  long long timestamp_us;
  long long latency_us;
  unsigned int value_type;   // see kNvmlUnsignedInt
  unsigned int return_code;  // of this field
  union {
    double as_double;
    unsigned int as_unsigned;
    unsigned long long as_unsigned_long_long;
  } value;
};
static_assert(sizeof(NvmlFieldValue) == 40);

inline constexpr unsigned kNvmlPowerInstant = 186;  // NVML_FI_DEV_POWER_INSTANT, mW
inline constexpr unsigned kNvmlUnsignedInt = 1;     // NVML_VALUE_TYPE_UNSIGNED_INT

struct NvmlGpu {
  void* device;
  std::string name;  // printable
};

// Thread-safe, as NVML is. Readings allocate nothing while they succeed; they fail with kNotFound where the GPU has no
// such figure (or the driver no such call), else with kUnavailable and the driver's words.
class NvmlDriver {
 public:
  // Loads the library and starts it; it is shut down at destruction. kNotFound where there is no library, no driver or
  // no GPU; kUnavailable where one is there and does not work.
  [[nodiscard]] static Result<std::unique_ptr<NvmlDriver>> Open(const std::string& library);
  ~NvmlDriver();
  NvmlDriver(const NvmlDriver&) = delete;
  NvmlDriver& operator=(const NvmlDriver&) = delete;

  [[nodiscard]] const std::vector<NvmlGpu>& gpus() const { return gpus_; }
  // Since the driver was loaded; Volta and newer. May take some ms.
  [[nodiscard]] Result<std::uint64_t> EnergyMj(const NvmlGpu& gpu) const;
  [[nodiscard]] Result<double> InstantWatts(const NvmlGpu& gpu) const;
  // A trailing mean over 1 s on Ampere and newer.
  [[nodiscard]] Result<double> MeanWatts(const NvmlGpu& gpu) const;

 private:
  using Return = unsigned int;  // nvmlReturn_t
  struct Calls {
    Return (*init)() = nullptr;
    Return (*shutdown)() = nullptr;
    Return (*count)(unsigned int*) = nullptr;
    Return (*handle)(unsigned int, void**) = nullptr;
    Return (*name)(void*, char*, unsigned int) = nullptr;
    const char* (*error_string)(Return) = nullptr;
    // Null in drivers that are too old for them.
    Return (*energy)(void*, unsigned long long*) = nullptr;
    Return (*power)(void*, unsigned int*) = nullptr;
    Return (*fields)(void*, int, NvmlFieldValue*) = nullptr;
  };

  explicit NvmlDriver(os::SharedLibrary library);
  [[nodiscard]] Status Start(const std::string& library);
  [[nodiscard]] Status FindGpus();
  [[nodiscard]] Status AddGpu(unsigned int index);
  [[nodiscard]] Status Failed(Return code, const char* what) const;
  [[nodiscard]] Status Failed(Return code, const NvmlGpu& gpu, const char* what) const;

  const os::SharedLibrary library_;
  Calls calls_;
  bool started_ = false;
  std::vector<NvmlGpu> gpus_;
};

}  // namespace inferometer::probe
